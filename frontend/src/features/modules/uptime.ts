import type { Check } from './queries'

/** What a module's checks come to: latencies in milliseconds, of those that it answered. */
export type Uptime = { checks: number; answered: number; median: number | null; slowest: number | null }

export function uptimeOf(history: Check[]): Uptime {
  const latencies = history
    .filter((check) => check.ok)
    .map((check) => check.latency_ms)
    .sort((a, b) => a - b)
  return {
    checks: history.length,
    answered: latencies.length,
    median: latencies[Math.floor((latencies.length - 1) / 2)] ?? null,
    slowest: latencies.at(-1) ?? null,
  }
}
