import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { answerOf, api, type Schemas } from '@/api/client'
import type { Question } from './filters'

export type Found = Schemas['SearchOutput']
export type Result = Schemas['SearchResultOutput']
export type Contribution = Schemas['ContributionOutput']

/** A search is metered, so it is not asked again by itself: only a new question, or a press on "again", asks. */
export function searchQuery(org: string, question: Question | null) {
  return queryOptions({
    queryKey: [org, 'search', question],
    queryFn: ({ signal }) =>
      answerOf(
        api.POST('/api/v1/memory/search', {
          body: { explain: true, rerank: false, ...(question as Question) },
          signal,
        }),
      ),
    enabled: question !== null,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })
}
