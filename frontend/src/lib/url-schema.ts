/** Schemas for what stands in a URL: a value that means nothing (any more) is dropped, never an error. */
import * as z from 'zod/mini'

export function soft<Schema extends z.ZodMiniType>(schema: Schema) {
  return z.catch(z.optional(schema), undefined)
}

/** One value or several, as URLs have them. */
export function several(schema: z.ZodMiniType<string, string>) {
  return z.pipe(
    z.transform((value: unknown) => [value].flat()),
    z.array(schema).check(z.minLength(1), z.maxLength(50)),
  )
}
