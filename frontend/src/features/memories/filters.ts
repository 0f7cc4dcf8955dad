/**
 * The list's state is its URL: it can be shared, reloaded, and Back undoes a filter. A value that means nothing (any more)
 * is dropped, never an error.
 */
import * as z from 'zod/mini'
import { several, soft } from '@/lib/url-schema'

export const ORDERS = [
  '-recorded_at',
  'recorded_at',
  '-revised_at',
  'revised_at',
  '-occurred_at',
  'occurred_at',
  '-memory_type',
  'memory_type',
  '-source',
  'source',
] as const
export const RANGES = ['7d', '30d', '90d', '365d'] as const

const moment = z.iso.datetime({ offset: true })

/** A whole number, as URLs have it. */
function whole(most: number) {
  return z.pipe(
    z.transform((value: unknown) => (typeof value === 'string' ? Number(value || Number.NaN) : value)),
    z.int().check(z.minimum(0), z.maximum(most)),
  )
}
const LAST_HOUR = 167
const LAST_CLUSTER = 1000

export const memoriesSearch = z.object({
  q: soft(z.string().check(z.minLength(1), z.maxLength(200))),
  type: soft(several(z.string().check(z.regex(/^[a-z][a-z0-9_]{0,49}$/)))),
  source: soft(several(z.string().check(z.minLength(1), z.maxLength(200)))),
  range: soft(z.string().check(z.regex(/^[1-9][0-9]{0,3}[hdw]$/))),
  from: soft(moment),
  to: soft(moment),
  // What the figures of the overview lead to: a thing that is named, a theme, an hour of the week.
  entity: soft(z.uuid()),
  cluster: soft(whole(LAST_CLUSTER)),
  hour: soft(whole(LAST_HOUR)),
  state: soft(z.enum(['superseded', 'expired', 'archived', 'trash'])),
  // The list as it was at a moment, on the clock of what was known or of what held; `past` shows how to choose it.
  past: soft(z.literal('yes')),
  at: soft(moment),
  clock: soft(z.literal('held')),
  sort: soft(z.enum(ORDERS)),
  cursor: soft(z.string().check(z.minLength(1), z.maxLength(1500))),
  peek: soft(z.uuid()),
})
export type MemoriesSearch = z.infer<typeof memoriesSearch>

/** What narrows the list, as the API takes it. */
export type Conditions = {
  q?: string | undefined
  range?: string | undefined
  from?: string | undefined
  to?: string | undefined
  entity_id?: string | undefined
  cluster?: number | undefined
  hour_of_week?: number | undefined
  filters?: Record<string, unknown> | undefined
}

export function conditionsOf(search: MemoriesSearch): Conditions {
  const { q, type, source, range, from, to, entity, cluster, hour } = search
  const filters = {
    ...(type && { memory_type: { in: type } }),
    ...(source && { source: { in: source } }),
  }
  return {
    q,
    // The API takes a length of time or its ends, not both.
    ...(range ? { range } : { from, to }),
    entity_id: entity,
    cluster,
    hour_of_week: hour,
    filters: Object.keys(filters).length > 0 ? filters : undefined,
  }
}

export type Moment = { as_of?: string; as_of_recorded?: string }

/** The moment as of which the list is read, as the API takes it; nothing for the present. */
export function momentOf({ at, clock }: MemoriesSearch): Moment {
  if (!at) return {}
  return clock === 'held' ? { as_of: at } : { as_of_recorded: at }
}

/** A search without conditions. */
export const UNNARROWED = {
  q: undefined,
  type: undefined,
  source: undefined,
  range: undefined,
  from: undefined,
  to: undefined,
  entity: undefined,
  cluster: undefined,
  hour: undefined,
} satisfies Partial<MemoriesSearch>

export function isNarrowed(search: MemoriesSearch) {
  return Object.keys(UNNARROWED).some((name) => search[name as keyof typeof UNNARROWED] !== undefined)
}
