import { type ClassValue, clsx } from 'clsx'

/** Joins class names. Nothing is overridden: a component that can look different takes that as a property. */
export function cn(...classes: ClassValue[]) {
  return clsx(classes)
}
