/** The parts of the programme that are loaded when they are needed: early, and what happens when one does not come. */
import type { AnyRouter } from '@tanstack/react-router'
import { isServerThere } from '@/api/reachable'
import { loadMessages } from '@/i18n/locale'
import { markMissingPart } from '@/lib/missing-part'

const RELOADED = 'lift.reloaded'

/** Loads all parts while nothing else is to do: pages open at once then, even while the server restarts. */
export function loadPartsEarly(router: AnyRouter) {
  // Safari has no idle callbacks.
  const whenIdle = window.requestIdleCallback ?? ((run: () => void) => window.setTimeout(run, 1000))
  whenIdle(() => {
    for (const route of Object.values(router.routesById))
      void Promise.resolve(router.loadRouteChunk(route)).catch(() => {})
    void Promise.all([import('./palette'), import('./key-sheet'), loadMessages('settings', 'billing')]).catch(() => {})
  })
}

/** A newer build has other files than the page that runs: load the page anew, once. Without a server, say so instead. */
export function watchForMissingParts() {
  window.addEventListener('vite:preloadError', (event) => {
    const file = event.payload.message
    // The router would reload at once, into the browser's own error page if the server is away.
    markMissingPart(event.payload)
    if (sessionStorage.getItem(RELOADED) === file) return
    void isServerThere().then((isThere) => {
      if (!isThere) return
      sessionStorage.setItem(RELOADED, file)
      window.location.reload()
    })
  })
}
