import { queryOptions } from '@tanstack/react-query'
import { answerOf } from '@/api/client'
import { type EventType, upcoming } from '@/api/upcoming'

export type { EventType }

/** Everything that can happen, by name. It changes with releases alone. */
export function eventTypesQuery(org: string) {
  return queryOptions({
    queryKey: [org, 'events', 'types'],
    queryFn: ({ signal }) => answerOf(upcoming.GET('/api/v1/events/types', { signal })),
    staleTime: Number.POSITIVE_INFINITY,
  })
}
