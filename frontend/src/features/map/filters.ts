import * as z from 'zod/mini'

/** The group that is looked at; -1 are the memories that belong to none. */
export const mapSearch = z.object({
  cluster: z.catch(z.optional(z.coerce.number().check(z.int(), z.minimum(-1), z.maximum(100_000))), undefined),
})
