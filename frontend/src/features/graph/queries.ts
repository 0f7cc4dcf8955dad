import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { answerOf, api, type Schemas } from '@/api/client'
import type { GraphSearch } from './filters'

export type Entity = Schemas['EntityOutput']
export type Edge = Schemas['EdgeOutput']
export type Graph = { nodes: Entity[]; edges: Edge[] }
/** What is looked at: an entity, or what joins two. */
export type Selection = { entity: string } | { edge: string } | null

// As many as the API gives and the picture stays fluid with.
const MOST = 500
const FOUND = 8
// A moment of the past does not change while one plays through time.
const STALE_MS = 5 * 60_000

export function graphQuery(org: string, { entity, depth, kind, until }: GraphSearch) {
  const query = {
    entity,
    depth: entity ? Number(depth ?? 1) : undefined,
    kind,
    occurred_before: until,
    limit: MOST,
  }
  return queryOptions({
    queryKey: [org, 'graph', 'around', query],
    queryFn: ({ signal }): Promise<Graph> => answerOf(api.GET('/api/v1/memory/graph', { params: { query }, signal })),
    placeholderData: keepPreviousData,
    staleTime: STALE_MS,
  })
}

export function pathQuery(org: string, from: string, to: string) {
  return queryOptions({
    queryKey: [org, 'graph', 'path', from, to],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/v1/memory/graph/path', { params: { query: { from, to } }, signal })),
  })
}

export function entitiesQuery(org: string, q: string) {
  const query = { q: q || undefined, limit: FOUND }
  return queryOptions({
    queryKey: [org, 'entities', query],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/memory/entities', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  })
}

export function edgeId({ source, kind, target }: Edge) {
  return `${source} ${kind} ${target}`
}

/** The entity that an address names, by id or by name. */
export function entityNamed(nodes: Entity[], wanted: string | undefined) {
  const name = wanted?.toLowerCase()
  return nodes.find((node) => node.id === wanted) ?? nodes.find((node) => node.name.toLowerCase() === name)
}
