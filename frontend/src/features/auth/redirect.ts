import * as z from 'zod/mini'

// A path of ours: `//other.example` would leave this site, and so would a backslash.
const ourPath = z.string().check(z.regex(/^\/(?![/\\])/))

/** Where to go after signing in. Anything else than a path of this site is dropped. */
export const signInSearch = z.object({ redirect: z.catch(z.optional(ourPath), undefined) })
