import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { answerOf, api, type Schemas } from '@/api/client'
import type { Question } from './filters'
import { rememberQuestion } from './recent'

export type Found = Schemas['SearchOutput']
export type Result = Schemas['SearchResultOutput']
export type Contribution = Schemas['ContributionOutput']

/** A search is metered, so it is not asked again by itself: only a new question, or a press on "again", asks. */
export function searchQuery(org: string, question: Question | null) {
  return queryOptions({
    queryKey: [org, 'search', question],
    queryFn: async ({ signal }) => {
      const asked = question as Question
      const found = await answerOf(
        api.POST('/api/v1/memory/search', {
          body: { explain: true, rerank: false, include_archived: false, ...asked },
          signal,
        }),
      )
      // Wherever it was asked: on the page, in the palette, by a link.
      rememberQuestion(org, asked.query)
      return found
    },
    enabled: question !== null,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })
}

/** Where a memory stands in a search. Metered as the search itself. */
export function explainQuery(org: string, question: Question, memoryId: string) {
  return queryOptions({
    queryKey: [org, 'explain', question, memoryId],
    queryFn: ({ signal }) => {
      // The archive is beside the search that is explained.
      const { include_archived: _, ...asked } = question
      return answerOf(api.POST('/api/v1/memory/explain', { body: { ...asked, memory_id: memoryId }, signal }))
    },
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })
}
