import { expect, test } from 'vitest'
import { uptimeOf } from './uptime'

function check(ok: boolean, latency: number) {
  return { checked_at: '2026-11-20T10:00:00Z', ok, latency_ms: latency, detail: '', state: 'available' }
}

test('only answers have latencies', () => {
  const history = [check(true, 30), check(false, 2000), check(true, 10), check(true, 20), check(true, 90)]
  expect(uptimeOf(history)).toEqual({ checks: 5, answered: 4, median: 20, slowest: 90 })
  expect(uptimeOf([])).toEqual({ checks: 0, answered: 0, median: null, slowest: null })
})
