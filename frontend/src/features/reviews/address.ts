import * as z from 'zod/mini'
import { soft } from '@/lib/url-schema'

/** Since when changes are told, in days. */
export const SPANS = ['1', '7', '30', '90'] as const

export const reviewSearch = z.object({
  /** What changed, in the place of what is to be decided. */
  view: soft(z.literal('changes')),
  /** The pair that is open. */
  pair: soft(z.uuid()),
  days: soft(z.enum(SPANS)),
})
export type ReviewSearch = z.infer<typeof reviewSearch>
