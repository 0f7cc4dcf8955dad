/**
 * The list's state is its URL: it can be shared, reloaded, and Back undoes a filter. A value that means nothing (any more)
 * is dropped, never an error.
 */
import * as z from 'zod/mini'

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

function soft<Schema extends z.ZodMiniType>(schema: Schema) {
  return z.catch(z.optional(schema), undefined)
}

/** One value or several, as URLs have them. */
function several(schema: z.ZodMiniType<string, string>) {
  return z.pipe(
    z.transform((value: unknown) => [value].flat()),
    z.array(schema).check(z.minLength(1), z.maxLength(50)),
  )
}

const moment = z.iso.datetime({ offset: true })

export const memoriesSearch = z.object({
  q: soft(z.string().check(z.minLength(1), z.maxLength(200))),
  type: soft(several(z.string().check(z.regex(/^[a-z][a-z0-9_]{0,49}$/)))),
  source: soft(several(z.string().check(z.minLength(1), z.maxLength(200)))),
  range: soft(z.string().check(z.regex(/^[1-9][0-9]{0,3}[hdw]$/))),
  from: soft(moment),
  to: soft(moment),
  state: soft(z.literal('trash')),
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
  filters?: Record<string, unknown> | undefined
}

export function conditionsOf({ q, type, source, range, from, to }: MemoriesSearch): Conditions {
  const filters = {
    ...(type && { memory_type: { in: type } }),
    ...(source && { source: { in: source } }),
  }
  return {
    q,
    // The API takes a length of time or its ends, not both.
    ...(range ? { range } : { from, to }),
    filters: Object.keys(filters).length > 0 ? filters : undefined,
  }
}

export function isNarrowed({ q, type, source, range, from, to }: MemoriesSearch) {
  return [q, type, source, range, from, to].some((value) => value !== undefined)
}
