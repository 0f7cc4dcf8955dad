import { queryOptions } from '@tanstack/react-query'
import { answerOf, api, type Schemas } from '@/api/client'

export type EventType = Schemas['EventTypeOutput']

/** Everything that can happen, by name. It changes with releases alone. */
export function eventTypesQuery(org: string) {
  return queryOptions({
    queryKey: [org, 'events', 'types'],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/events/types', { signal })),
    staleTime: Number.POSITIVE_INFINITY,
  })
}
