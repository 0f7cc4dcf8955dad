import * as z from 'zod/mini'
import { soft } from '@/lib/url-schema'

export const STEPS = ['domain', 'documents', 'reading', 'question'] as const
export type Step = (typeof STEPS)[number]

/** The step is in the address: a reload, or a link in a mail, goes on where one was. */
export const welcomeSearch = z.object({
  step: soft(z.enum(STEPS)),
  q: soft(z.string().check(z.trim(), z.minLength(1), z.maxLength(2000))),
})
