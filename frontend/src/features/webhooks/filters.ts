/** What the address of an endpoint's page says. */
import * as z from 'zod/mini'
import { soft } from '@/lib/url-schema'

export const STATUSES = ['pending', 'delivered', 'exhausted'] as const

export const webhookSearch = z.object({
  status: soft(z.enum(STATUSES)),
  type: soft(z.string().check(z.regex(/^[a-z_]+\.[a-z_]+$/))),
  /** The delivery that is shown beside the list. */
  delivery: soft(z.uuid()),
})
export type WebhookSearch = z.infer<typeof webhookSearch>
