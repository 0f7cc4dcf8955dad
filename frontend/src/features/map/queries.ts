import { queryOptions } from '@tanstack/react-query'
import { answerOf, api, type Schemas } from '@/api/client'
import { OTHER, SERIES, type Slot } from '@/lib/colour'

export type MemoryMap = Schemas['MapOutput']
// The map is drawn in the background; until it is there, ask again.
const PENDING_MS = 3000
const STALE_MS = 5 * 60_000
/** With fewer memories there are no groups to see. */
export const LEAST_MEMORIES = 50
export const NO_CLUSTER = -1

export function mapQuery(org: string) {
  return queryOptions({
    queryKey: [org, 'map'],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/memory/map', { signal })),
    staleTime: STALE_MS,
    refetchInterval: ({ state }) => (state.data?.pending ? PENDING_MS : false),
  })
}

/** Groups are numbered by falling size: the eight largest have a colour of their own. */
export function slotOf(cluster: number): Slot {
  return SERIES[cluster] ?? OTHER
}
