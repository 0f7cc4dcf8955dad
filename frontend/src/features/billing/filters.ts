/** What the addresses of the billing pages say. */
import * as z from 'zod/mini'
import { soft } from '@/lib/url-schema'

const DAY_MS = 24 * 3600 * 1000
export const RANGES = ['7d', '30d', '90d', '365d'] as const
export const GROUPS = ['day', 'module', 'member', 'operation', 'meter'] as const
export type Group = (typeof GROUPS)[number]

/** All that is counted. */
export const METERS = [
  'api_calls',
  'memory_searches',
  'memory_stores',
  'memory_bytes',
  'ingestion_items',
  'llm_tokens',
] as const

const moment = z.string().check(z.refine((text) => !Number.isNaN(Date.parse(text))))
export type Meter = (typeof METERS)[number]

const meter = z.enum(METERS)
const person = z.string().check(z.regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i))
const name = z.string().check(z.minLength(1), z.maxLength(200))

export const billingSearch = z.object({ checkout: soft(z.enum(['done', 'cancelled'])) })

export const usageSearch = z.object({
  range: soft(z.enum(RANGES)),
  /** A part of time that was picked: it takes the place of the range. */
  from: soft(moment),
  to: soft(moment),
  by: soft(z.enum(GROUPS)),
  meter: soft(meter),
})
export type UsageSearch = z.infer<typeof usageSearch>

export const ledgerSearch = z.object({
  from: soft(moment),
  to: soft(moment),
  meter: soft(meter),
  module: soft(name),
  operation: soft(name),
  user_id: soft(person),
})
/** Which entries are listed: those of one meter. */
export const DEFAULT_METER = 'api_calls'

export function asMeter(text: string | null) {
  return METERS.find((one) => one === text)
}

export type LedgerSearch = z.infer<typeof ledgerSearch>

/** In an address, the module of what the platform itself did: there an empty value is none, and no module is called so. */
export const PLATFORM = '-'

export const DEFAULT_RANGE = '30d'

/** The whole days of UTC, today among them, that an address asks for: usage is counted in them. */
export function spanOf({ range, from, to }: UsageSearch, now: Date): { from: string; to: string } {
  if (from && to && Date.parse(from) < Date.parse(to)) return { from, to }
  const days = Number.parseInt(range ?? DEFAULT_RANGE, 10)
  const end = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()) + DAY_MS
  return { from: new Date(end - days * DAY_MS).toISOString(), to: new Date(end).toISOString() }
}

/** Each day of a span, from midnight to midnight in UTC. */
export function daysOf({ from, to }: { from: string; to: string }): { from: string; to: string }[] {
  const days = []
  const first = new Date(from)
  for (
    let start = Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), first.getUTCDate());
    start < Date.parse(to);
    start += DAY_MS
  )
    days.push({ from: new Date(start).toISOString(), to: new Date(start + DAY_MS).toISOString() })
  return days
}
