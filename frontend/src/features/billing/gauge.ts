/** How much of a quota is used, and will be at the present pace: as shares of one bar, and as one ratio. */
import type { Quota } from './types'

type Amounts = Pick<Quota, 'used' | 'limit' | 'projected'>
export type GaugePart = { kind: 'used' | 'projected' | 'over' | 'projectedOver'; from: number; to: number }
export type Gauge = { parts: GaugePart[]; limitAt: number }

/**
 * The bar ends at the limit, or at what goes beyond it: then the limit is a mark on it. Parts are shares from 0 to 1;
 * without a limit there is no bar.
 */
export function gaugeOf({ used, limit, projected }: Amounts): Gauge | null {
  if (limit === null) return null
  // What is projected is never less than what is used already; net amounts may shrink.
  const now = Math.max(0, used)
  const then = Math.max(now, projected ?? 0)
  const end = Math.max(limit, then, 1)
  const parts: GaugePart[] = [
    { kind: 'used', from: 0, to: Math.min(now, limit) },
    { kind: 'projected', from: Math.min(now, limit), to: Math.min(then, limit) },
    { kind: 'over', from: limit, to: Math.max(now, limit) },
    { kind: 'projectedOver', from: Math.max(now, limit), to: Math.max(then, limit) },
  ]
  return {
    parts: parts
      .filter(({ from, to }) => to > from)
      .map(({ kind, from, to }) => ({ kind, from: from / end, to: to / end })),
    limitAt: limit / end,
  }
}

/** How full a quota is; one without a limit never is. A limit of nothing is full at once. */
export function fullness({ used, limit }: Amounts): number {
  if (limit === null) return 0
  return limit === 0 ? 1 : Math.max(0, used) / limit
}

// A full house of people or modules is no news, and nothing stops.
const SEATS = ['users', 'modules']

/** The quotas that run out by use: seats fill up once, on purpose, and what a plan does not include is never used. */
export function runningOut(quotas: Quota[]): Quota[] {
  return quotas.filter(({ limit, meter }) => limit !== null && limit > 0 && !SEATS.includes(meter))
}

/** The one that is nearest to its limit. */
export function nearest(quotas: Quota[]): Quota | undefined {
  return runningOut(quotas).reduce<Quota | undefined>(
    (best, quota) => (best && fullness(best) >= fullness(quota) ? best : quota),
    undefined,
  )
}

/** Whether, at the present pace, the limit is passed before the period ends. */
export function isHeadingOver({ used, limit, projected }: Amounts): boolean {
  return limit !== null && projected !== null && used < limit && projected > limit
}
