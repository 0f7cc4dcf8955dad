import { queryOptions } from '@tanstack/react-query'
import { answerOf, api } from '@/api/client'

/** Whose place this is: an organisation's on its own domain, else ours. Without an answer it looks like ours. */
export const publicBrandingQuery = queryOptions({
  queryKey: ['public-branding'],
  queryFn: ({ signal }) => answerOf(api.GET('/api/v1/branding', { signal })),
  staleTime: Number.POSITIVE_INFINITY,
  // The page waits for this, and does without.
  retry: false,
})
