import '@testing-library/jest-dom/vitest'
import { cleanup, configure } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, vi } from 'vitest'
import { loadMessages, PARTS } from '@/i18n/locale'
import { server } from './server'

// jsdom has none of these.
vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: () => {} }))
Element.prototype.scrollIntoView = () => {}
window.scrollTo = () => {}
globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
}

// Long enough for a machine that does other things as well; what is there is found at once.
configure({ asyncUtilTimeout: 15_000 })

// A request that no test has prepared for is a mistake.
beforeAll(async () => {
  server.listen({ onUnhandledRequest: 'error' })
  await loadMessages(...PARTS)
})
afterEach(() => {
  cleanup()
  server.resetHandlers()
})
afterAll(() => server.close())
