import * as z from 'zod/mini'

export const RANGES = ['7d', '30d', '90d', '365d'] as const
export const overviewSearch = z.object({ range: z.catch(z.optional(z.enum(RANGES)), undefined) })
