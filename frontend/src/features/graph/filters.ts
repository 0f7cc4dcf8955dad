/** What the explorer shows is its address; a value that means nothing is dropped. */
import * as z from 'zod/mini'
import { soft } from '@/lib/url-schema'

const entity = z.string().check(z.minLength(1), z.maxLength(200))

export const DEPTHS = ['1', '2', '3'] as const

export const graphSearch = z.object({
  /** Its id, or its name as people write it. */
  entity: soft(entity),
  depth: soft(z.enum(DEPTHS)),
  kind: soft(z.string().check(z.minLength(1), z.maxLength(20))),
  /** Only what occurred before. */
  until: soft(z.iso.datetime({ offset: true })),
  /** The ends of a path; with both, nothing else counts. */
  from: soft(entity),
  to: soft(entity),
})
export type GraphSearch = z.infer<typeof graphSearch>
