import { useSyncExternalStore } from 'react'

export const THEMES = ['light', 'dark', 'system'] as const
export type Theme = (typeof THEMES)[number]

// public/theme.js reads the same key before the first paint.
const KEPT = 'lift.theme'
const listeners = new Set<() => void>()
const system = window.matchMedia('(prefers-color-scheme: dark)')
system.addEventListener('change', apply)

function chosen(): Theme {
  const kept = localStorage.getItem(KEPT)
  return THEMES.find((theme) => theme === kept) ?? 'system'
}

function isDark() {
  return chosen() === 'dark' || (chosen() === 'system' && system.matches)
}

function apply() {
  document.documentElement.classList.toggle('dark', isDark())
  for (const listener of listeners) listener()
}

export function chooseTheme(theme: Theme) {
  localStorage.setItem(KEPT, theme)
  apply()
}

function subscribe(listener: () => void) {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

/** The theme that was chosen, and whether what is shown is dark. */
export function useTheme() {
  return { theme: useSyncExternalStore(subscribe, chosen), isDark: useSyncExternalStore(subscribe, isDark) }
}
