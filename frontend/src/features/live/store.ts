import { useSyncExternalStore } from 'react'

export type LiveState = 'connecting' | 'live' | 'reconnecting' | 'paused' | 'refused'
type Live = {
  state: LiveState
  /** When something of the memory was last heard to have changed, by this browser's clock. */
  changedAt: number
}

const KEPT = 'lift.live'
const listeners = new Set<() => void>()
let live: Live = { state: 'connecting', changedAt: 0 }

/** Whether somebody has paused the updates in this browser. */
export function isPausedByChoice() {
  return localStorage.getItem(KEPT) === 'paused'
}

export function choosePaused(isPaused: boolean) {
  if (isPaused) localStorage.setItem(KEPT, 'paused')
  else localStorage.removeItem(KEPT)
}

export function tellLive(next: Partial<Live>) {
  live = { ...live, ...next }
  for (const listener of listeners) listener()
}

export function useLive(): Live {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    () => live,
  )
}
