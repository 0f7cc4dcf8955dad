import * as z from 'zod/mini'

/** The concept whose memories are placed, by its entity's id, and the dimension that they are ordered by. */
export const conceptsSearch = z.object({
  concept: z.catch(z.optional(z.uuid()), undefined),
  dimension: z.catch(z.optional(z.string().check(z.minLength(1), z.maxLength(100))), undefined),
})
