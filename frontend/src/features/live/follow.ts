import { eventsOf, type StreamEvent } from '@/lib/event-stream'
import { ApiError } from '@/lib/problem'

const FIRST_WAIT_MS = 1000
const LONGEST_WAIT_MS = 30_000
// The server sends something at least every 15 seconds: a connection that is silent for longer is none.
const SILENCE_MS = 45_000
const TOO_MANY = 429
// A stream that ends as soon as it has begun is not opened again at once.
const SHORT_MS = 5000
const SHORT_STEP = 3

export type Following = {
  /** Opens the stream behind an event that was seen, or at what happens next. */
  connect: (after: string | undefined, signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>
  after: string | undefined
  onEvent: (event: StreamEvent) => void
  onState: (state: 'live' | 'reconnecting' | 'refused') => void
  signal: AbortSignal
}

/**
 * Follows a stream until it is told to stop, or the server refuses. The server may end a stream at any time, and
 * connections break: the next one begins with what was seen last, after a wait that grows with each failure and is not
 * the same in all browsers.
 */
export async function follow({ connect, after, onEvent, onState, signal }: Following): Promise<void> {
  let seen = after
  let failures = 0
  while (!signal.aborted) {
    const silence = watchSilence(signal, () => {
      failures = 0
    })
    const begun = Date.now()
    let isBroken = false
    let retryAt = 0
    try {
      const body = await connect(seen, silence.signal)
      onState('live')
      for await (const event of eventsOf(body, silence.heard)) {
        silence.heard()
        seen = event.id || seen
        onEvent(event)
      }
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof ApiError && !error.isPassing && error.status !== TOO_MANY) {
        onState('refused')
        return
      }
      isBroken = true
      retryAt = error instanceof ApiError ? (error.possibleAt?.getTime() ?? 0) : 0
    } finally {
      silence.stop()
    }
    if (signal.aborted) return
    if (isBroken) {
      onState('reconnecting')
      await pause(Math.max(waitAfter(failures), retryAt - Date.now()), signal)
      failures += 1
    } else {
      // That the server ends a stream is in order.
      const isShort = Date.now() - begun < SHORT_MS
      await pause(isShort ? waitAfter(SHORT_STEP) : waitAfter(0), signal)
    }
  }
}

/** Doubles from one try to the next, and half of it is chance. */
export function waitAfter(failures: number, chance = Math.random()) {
  const wait = Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS)
  return wait / 2 + (wait / 2) * chance
}

/** Ends a connection on which nothing is heard any more, as after a night's sleep. */
function watchSilence(signal: AbortSignal, onHeard: () => void) {
  const dead = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  function wait() {
    clearTimeout(timer)
    timer = setTimeout(() => dead.abort(), SILENCE_MS)
  }
  function heard() {
    onHeard()
    wait()
  }
  wait()
  return { signal: AbortSignal.any([signal, dead.signal]), heard, stop: () => clearTimeout(timer) }
}

/** Waits, or stops waiting when nobody wants it any more. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds)
    signal.addEventListener('abort', done)
    function done() {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
  })
}
