import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { paced } from './paced'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('what comes together is done once, and not again before its time', () => {
  const run = vi.fn()
  const pace = paced(run, { delay: 1000, gap: 4000 })
  pace.soon()
  pace.soon()
  vi.advanceTimersByTime(999)
  expect(run).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(run).toHaveBeenCalledTimes(1)
  pace.soon()
  vi.advanceTimersByTime(3999)
  expect(run).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(1)
  expect(run).toHaveBeenCalledTimes(2)
})

test('what waits can be had at once, and nothing is done that was not asked for', () => {
  const run = vi.fn()
  const pace = paced(run, { delay: 1000, gap: 4000 })
  pace.flush()
  expect(run).not.toHaveBeenCalled()
  pace.soon()
  pace.flush()
  expect(run).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(10_000)
  expect(run).toHaveBeenCalledTimes(1)
})
