/** The search is its URL: it can be shared, reloaded, and Back undoes a step. What means nothing is dropped. */
import * as z from 'zod/mini'
import { several, soft } from '@/lib/url-schema'

export const SEARCH_TYPES = ['hybrid', 'neural', 'conceptual', 'knowledge'] as const
export type SearchType = (typeof SEARCH_TYPES)[number]
export const RANGES = ['30d', '90d', '365d'] as const
/** The least score that is shown. */
export const THRESHOLDS = ['0.25', '0.5', '0.75'] as const
const DAY_MS = 24 * 3600 * 1000
const HOUR_MS = 3600 * 1000
/** Results that are shown at once, and the most that can be asked for. */
export const STEP = 10
export const MOST = 50
export const LONGEST_QUESTION = 2000

export const searchSearch = z.object({
  q: soft(z.string().check(z.trim(), z.minLength(1), z.maxLength(LONGEST_QUESTION))),
  by: soft(z.enum(SEARCH_TYPES)),
  compare: soft(z.enum(SEARCH_TYPES)),
  type: soft(several(z.string().check(z.regex(/^[a-z][a-z0-9_]{0,49}$/)))),
  range: soft(z.enum(RANGES)),
  min: soft(z.enum(THRESHOLDS)),
  /** Whether what is archived is looked at, too. */
  archive: soft(z.enum(['with'])),
  show: soft(z.enum(['20', '30', '40', '50'])),
  /** The memory that is asked after: why it is among the results, or what keeps it out. */
  why: soft(z.uuid()),
  peek: soft(z.uuid()),
})
export type SearchSearch = z.infer<typeof searchSearch>

export type Question = {
  query: string
  search_type: SearchType
  limit: number
  memory_types?: string[]
  occurred_after?: string
  threshold?: number
  include_archived?: boolean
}

/** What is asked of the API; `now` is cut to the hour, so that the same question stays the same for a while. */
export function questionOf({ q, by, type, range, min, archive, show }: SearchSearch, now: number): Question | null {
  if (!q) return null
  return {
    query: q,
    search_type: by ?? 'hybrid',
    limit: Number(show ?? STEP),
    ...(type && { memory_types: type }),
    ...(range && { occurred_after: since(range, now) }),
    ...(min && { threshold: Number(min) }),
    ...(archive && { include_archived: true }),
  }
}

function since(range: string, now: number) {
  const hour = Math.floor(now / HOUR_MS) * HOUR_MS
  return new Date(hour - Number.parseInt(range, 10) * DAY_MS).toISOString()
}
