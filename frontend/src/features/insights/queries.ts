import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { answerOf, api, type Schemas } from '@/api/client'

export type Insights = Schemas['InsightsOutput']
export type Day = Schemas['DayOutput']
// Themes are computed in the background; until they are there, ask again.
const PENDING_MS = 3000

// One memory alone makes no theme.
const ENOUGH_FOR_THEMES = 2

/** Whether themes, or newer ones, are on their way; they may never have been computed though there is enough to group. */
export function areThemesPending(insights: Insights | undefined): boolean {
  if (!insights) return false
  const isFirst = insights.clusters_as_of === null && insights.total_memories >= ENOUGH_FOR_THEMES
  return insights.clusters_pending || isFirst
}

export function insightsQuery(org: string, range: string | undefined) {
  const query = { range }
  return queryOptions({
    queryKey: [org, 'insights', query],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/memory/insights', { params: { query }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (areThemesPending(state.data) ? PENDING_MS : false),
  })
}
