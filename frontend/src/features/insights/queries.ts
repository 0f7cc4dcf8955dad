import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { answerOf, api, type Schemas } from '@/api/client'

export type Insights = Schemas['InsightsOutput']
export type Day = Schemas['DayOutput']
// Themes are computed in the background; until they are there, ask again.
const PENDING_MS = 3000

export function insightsQuery(org: string, range: string | undefined) {
  const query = { range }
  return queryOptions({
    queryKey: [org, 'insights', query],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/memory/insights', { params: { query }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.clusters_pending ? PENDING_MS : false),
  })
}
