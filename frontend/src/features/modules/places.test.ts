import { expect, test } from 'vitest'
import { below } from './places'

test('a path stays below its place', () => {
  expect(below('/api/v1/gateway/demo', '/timeline?days=3').pathname).toBe('/api/v1/gateway/demo/timeline')
  expect(below('/acme', '/memories?q=tea').search).toBe('?q=tea')
})

test.each([
  '/../memory',
  '/%2e%2e/memory',
  '/.%2E/memory',
  '/a/%2e%2e/%2e%2e/other/x',
  '/..%2fmemory',
  '/%2e%2e%2fmemory',
  '/..%5cmemory',
  '/\\..\\memory',
  'x/../../memory',
  '-other/timeline',
])('%s leads out of it', (path) => {
  expect(() => below('/api/v1/gateway/demo', path)).toThrow()
})
