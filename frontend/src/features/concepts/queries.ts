import { queryOptions } from '@tanstack/react-query'
import { answerOf, api, type Schemas } from '@/api/client'

export type Dimension = Schemas['DimensionOutput']
export type Profile = Schemas['MemoryConceptsOutput']
/** Where a memory stands on one dimension. */
export type Standing = Schemas['MemoryDimensionOutput']

export function contextQuery(org: string) {
  return queryOptions({
    queryKey: [org, 'context'],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/memory/context', { signal })),
  })
}

export function profileQuery(org: string, memoryId: string) {
  return queryOptions({
    queryKey: [org, 'memories', 'concepts', memoryId],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/v1/memory/{memory_id}/concepts', { params: { path: { memory_id: memoryId } }, signal })),
  })
}

/** `cost_efficiency` as people write it. */
export function dimensionName(name: string): string {
  const words = name.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
