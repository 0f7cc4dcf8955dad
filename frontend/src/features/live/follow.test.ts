import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ApiError, unreachable } from '@/lib/problem'
import { follow, waitAfter } from './follow'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const LONG_MS = 60_000

/** A stream that says some lines and then ends, breaks or stays silent. */
function streamOf(text: string, ending: 'ends' | 'breaks' | 'stays', signal: AbortSignal) {
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        signal.addEventListener('abort', () => controller.error(signal.reason))
      },
      async pull(controller) {
        if (text) controller.enqueue(new TextEncoder().encode(text))
        else if (ending === 'ends') controller.close()
        else if (ending === 'breaks') controller.error(new TypeError('network error'))
        else await new Promise(() => {})
        text = ''
      },
    },
    { highWaterMark: 0 },
  )
}

type Step = { text: string; ending: 'ends' | 'breaks' | 'stays' } | Error

/** Follows what the steps bring, one connection after the other. */
function start(steps: Step[]) {
  const stopping = new AbortController()
  const after: (string | undefined)[] = []
  const events: string[] = []
  const states: string[] = []
  const ended = follow({
    after: undefined,
    signal: stopping.signal,
    onEvent: ({ name, id }) => events.push(`${name} ${id}`),
    onState: (state) => states.push(state),
    connect: async (seen, signal) => {
      after.push(seen)
      const step = steps[after.length - 1] ?? { text: ': still here\n\n', ending: 'stays' }
      if (step instanceof Error) throw step
      return streamOf(step.text, step.ending, signal)
    },
  })
  return { after, events, states, ended, stop: () => stopping.abort() }
}

test('each connection begins with what was seen last, whether the one before ended or broke', async () => {
  const run = start([
    { text: 'event: ready\nid: 7\ndata: {}\n\n', ending: 'ends' },
    { text: 'event: memory.stored\nid: 8\ndata: {}\n\nevent: memory.stored\nid: 9\ndata: {}\n\n', ending: 'breaks' },
    unreachable(),
  ])
  await vi.advanceTimersByTimeAsync(LONG_MS)
  expect(run.after.slice(0, 4)).toEqual([undefined, '7', '9', '9'])
  expect(run.events).toEqual(['ready 7', 'memory.stored 8', 'memory.stored 9'])
  // That a stream ends is in order; that one breaks is told.
  expect(run.states.slice(0, 4)).toEqual(['live', 'live', 'reconnecting', 'reconnecting'])
  run.stop()
  await run.ended
})

test('a silent connection is given up', async () => {
  const run = start([{ text: 'event: ready\nid: 1\ndata: {}\n\n', ending: 'stays' }])
  await vi.advanceTimersByTimeAsync(44_000)
  expect(run.after).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(3_000)
  expect(run.after).toEqual([undefined, '1'])
  run.stop()
  await run.ended
})

test('what is refused is not asked for again; what is too much is, when it is time', async () => {
  const run = start([
    new ApiError({ status: 429, code: 'throttled', detail: '', retryAfter: 20 }),
    new ApiError({ status: 403, code: 'permission_denied', detail: '' }),
  ])
  await vi.advanceTimersByTimeAsync(19_000)
  expect(run.after).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(2_000)
  await run.ended
  expect(run.after).toHaveLength(2)
  expect(run.states).toEqual(['reconnecting', 'refused'])
})

test('waits grow, have an end, and differ', () => {
  expect([0, 1, 2, 10].map((failures) => waitAfter(failures, 1))).toEqual([1000, 2000, 4000, 30_000])
  expect(waitAfter(3, 0)).toBe(4000)
})
