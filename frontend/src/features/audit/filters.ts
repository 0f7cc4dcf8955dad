/** The list's state is its address; a value that means nothing (any more) is dropped. */
import * as z from 'zod/mini'
import { soft } from '@/lib/url-schema'
import type { AuditFilters } from './queries'

export const RANGES = ['1d', '7d', '30d', '90d', '365d'] as const
export const ACTOR_KINDS = ['user', 'api_key', 'module', 'operator', 'system', 'anonymous'] as const
export type ActorKind = (typeof ACTOR_KINDS)[number]

const word = z.string().check(z.regex(/^[a-z][a-z_]{0,49}$/))
const name = z.string().check(z.minLength(1), z.maxLength(200))
const day = z.iso.date()

export const auditSearch = z.object({
  range: soft(z.enum(RANGES)),
  /** Whole days, the last one among them, where one is. They take the place of the range. */
  from: soft(day),
  to: soft(day),
  area: soft(word),
  action: soft(z.string().check(z.regex(/^[a-z_]+\.[a-z_]+$/))),
  actor_kind: soft(z.enum(ACTOR_KINDS)),
  actor_id: soft(name),
  subject_kind: soft(word),
  subject_id: soft(name),
  request_id: soft(name),
  ip: soft(z.string().check(z.regex(/^[0-9a-fA-F.:]{2,45}$/))),
  /** The entry that is shown beside the list, by its position. */
  entry: soft(z.string().check(z.regex(/^[1-9][0-9]{0,17}$/))),
})
export type AuditSearch = z.infer<typeof auditSearch>

/** A search without conditions. */
export const UNNARROWED = {
  range: undefined,
  from: undefined,
  to: undefined,
  area: undefined,
  action: undefined,
  actor_kind: undefined,
  actor_id: undefined,
  subject_kind: undefined,
  subject_id: undefined,
  request_id: undefined,
  ip: undefined,
} satisfies Partial<AuditSearch>

export function isNarrowed(search: AuditSearch) {
  return Object.keys(UNNARROWED).some((key) => search[key as keyof typeof UNNARROWED] !== undefined)
}

/** What the API is asked for. Days begin and end where the one who asks is. */
export function conditionsOf({ entry: _, range, from, to, ...search }: AuditSearch): AuditFilters {
  const time = from || to ? { from: from && startOf(from, 0), to: to && startOf(to, 1) } : { range }
  const given = Object.entries({ ...search, ...time }).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given)
}

function startOf(text: string, later: number) {
  const start = new Date(`${text}T00:00:00`)
  start.setDate(start.getDate() + later)
  return start.toISOString()
}

/** A day as addresses have it, where one is. */
export function dayOf(moment: Date) {
  const two = (part: number) => String(part).padStart(2, '0')
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`
}
