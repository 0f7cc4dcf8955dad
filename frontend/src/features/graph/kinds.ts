import { OTHER, SERIES, type Slot } from '@/lib/colour'

/** How names are recognised, in the order of the palette: a kind has the same colour in every picture. */
export const KINDS = ['name', 'identifier', 'acronym', 'quoted', 'handle', 'email'] as const
export type Kind = (typeof KINDS)[number]

export function isKnown(kind: string): kind is Kind {
  return KINDS.some((one) => one === kind)
}

export function slotOf(kind: string): Slot {
  return SERIES[(KINDS as readonly string[]).indexOf(kind)] ?? OTHER
}
