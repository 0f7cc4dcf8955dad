import { useEffect, useEffectEvent, useSyncExternalStore } from 'react'

// How long the second key of `g o` may take.
const SEQUENCE_MS = 1000
const OFF = 'lift.shortcuts'
const listeners = new Set<() => void>()

/** Single keys disturb those who dictate; WCAG 2.1.4 asks for a way to switch them off. */
function areOn() {
  return localStorage.getItem(OFF) !== 'off'
}

export function switchKeys(on: boolean) {
  if (on) localStorage.removeItem(OFF)
  else localStorage.setItem(OFF, 'off')
  for (const listener of listeners) listener()
}

export function useKeysOn() {
  return useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }, areOn)
}

let first = { key: '', at: 0 }

/** Names a press as the tables do: `j`, `?`, `Escape`, `mod+k`, and `g o` for two keys one after the other. */
function nameOf(event: KeyboardEvent): string {
  if (event.metaKey || event.ctrlKey) return `mod+${event.key.toLowerCase()}`
  const previous = event.timeStamp - first.at < SEQUENCE_MS ? first.key : ''
  return previous === 'g' ? `g ${event.key}` : event.key
}

// Once per press, after every `useKeys` has seen it.
window.addEventListener('keydown', (event) => {
  first = { key: first.key === 'g' ? '' : event.key, at: event.timeStamp }
})

function isTyping(target: EventTarget | null) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

/** Runs what belongs to a key while nobody types and no dialog is open; `mod+` keys work everywhere. */
export function useKeys(keys: Record<string, (() => void) | undefined>) {
  const press = useEffectEvent((event: KeyboardEvent) => {
    const name = nameOf(event)
    const run = keys[name]
    if (!run || event.defaultPrevented || event.altKey) return
    if (!name.startsWith('mod+')) {
      const inDialog = event.target instanceof Element && event.target.closest('[role="dialog"], [role="menu"]')
      if (isTyping(event.target) || inDialog || (name !== 'Escape' && !areOn())) return
    }
    event.preventDefault()
    run()
  })
  useEffect(() => {
    const listener = (event: KeyboardEvent) => press(event)
    // While it goes down: before the module's own listener, which remembers the key.
    window.addEventListener('keydown', listener, { capture: true })
    return () => window.removeEventListener('keydown', listener, { capture: true })
  }, [])
}
