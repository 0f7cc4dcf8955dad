/**
 * Does something a little after it is asked for, so that what comes together is done once, and not again before a time has
 * passed. `flush` does what is still waiting.
 */
export function paced(run: () => void, { delay, gap }: { delay: number; gap: number }) {
  let timer: ReturnType<typeof setTimeout> | undefined
  let last = Number.NEGATIVE_INFINITY
  function now() {
    clearTimeout(timer)
    timer = undefined
    last = Date.now()
    run()
  }
  return {
    soon() {
      timer ??= setTimeout(now, Math.max(delay, last + gap - Date.now()))
    },
    flush() {
      if (timer !== undefined) now()
    },
  }
}
