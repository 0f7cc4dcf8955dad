import {
  hashKey,
  infiniteQueryOptions,
  keepPreviousData,
  type QueryKey,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { answerOf, api, type Schemas } from '@/api/client'
import { useFailed } from '@/components/plan-limit'
import { toast } from '@/components/toast'
import { useOrg } from '@/hooks/use-account'
import type { Conditions, MemoriesSearch, Moment } from './filters'

export type Memory = Schemas['MemoryOutput']
/** A memory with what names its revision, which an edit sends back. */
export type Edition = Memory & { etag?: string | undefined }
export type Explained = Schemas['ExplainOutput']
export type Revision = Schemas['RevisionOutput']
export type Neighbour = Schemas['RelatedOutput']
export type MemoryPage = Schemas['MemoryPage']
export type State = 'live' | NonNullable<MemoriesSearch['state']>
export const PAGE_SIZE = 25
const NEIGHBOURS = 8
/** What the search page shows at first: "not found" is meant for that. */
export const SHOWN_BY_SEARCH = 10

export type ListParameters = Conditions &
  Moment & {
    state?: State
    ordering?: NonNullable<MemoriesSearch['sort']>
    cursor?: string | undefined
    limit?: number
  }

function written({ filters, ...rest }: Conditions & Moment) {
  return { ...rest, ...(filters && { filters: JSON.stringify(filters) }) }
}

function pageOf({ state, ordering, cursor, limit, ...conditions }: ListParameters) {
  return { ...written(conditions), state, ordering, cursor, limit: limit ?? PAGE_SIZE }
}

function readPage(query: ReturnType<typeof pageOf>, signal: AbortSignal) {
  return answerOf(api.GET('/api/v1/memory', { params: { query }, signal }))
}

export function memoriesQuery(org: string, parameters: ListParameters) {
  const query = pageOf(parameters)
  return queryOptions({
    queryKey: [org, 'memories', 'list', query],
    queryFn: ({ signal }) => readPage(query, signal),
    placeholderData: keepPreviousData,
  })
}

/** The same page as it is after something was heard to have changed, beside the one that is shown. */
export function aheadQuery(org: string, parameters: ListParameters, changedAt: number) {
  const query = pageOf(parameters)
  return queryOptions({
    queryKey: [org, 'memories', 'ahead', query, changedAt],
    queryFn: ({ signal }) => readPage(query, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    // What was known to be new stays so while it is looked for what is newer still; of another page nothing is.
    placeholderData: (before, of) => (of && hashKey([of.queryKey[3]]) === hashKey([query]) ? before : undefined),
  })
}

export function facetsQuery(org: string, state: State, conditions: Conditions & Moment) {
  const query = { ...written(conditions), state }
  return queryOptions({
    queryKey: [org, 'memories', 'facets', query],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/memory/facets', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  })
}

/** The name of an entity, by its id. */
export function entityNameQuery(org: string, entity: string) {
  return queryOptions({
    queryKey: [org, 'entities', 'name', entity],
    queryFn: async ({ signal }) => {
      const graph = await answerOf(api.GET('/api/v1/memory/graph', { params: { query: { entity, limit: 1 } }, signal }))
      return graph.nodes.find((node) => node.id === entity)?.name ?? null
    },
  })
}

/** The label of a cluster of the latest insights, by its id. */
export function clusterNameQuery(org: string, cluster: number) {
  return queryOptions({
    queryKey: [org, 'clusters', 'name', cluster],
    queryFn: async ({ signal }) => {
      const insights = await answerOf(api.GET('/api/v1/memory/insights', { signal }))
      return insights.semantic_clusters.find(({ id }) => id === cluster)?.label ?? null
    },
  })
}

export function memoryQuery(org: string, memoryId: string) {
  return queryOptions({
    queryKey: [org, 'memories', 'one', memoryId],
    queryFn: ({ signal }) =>
      editionOf(api.GET('/api/v1/memory/{memory_id}', { params: { path: { memory_id: memoryId } }, signal })),
  })
}

async function editionOf(call: Promise<{ data?: Memory; response: Response }>): Promise<Edition> {
  const { data, response } = await call
  // A proxy that compresses the answer marks the tag as weak; it names the same revision.
  return { ...(data as Memory), etag: response.headers.get('ETag')?.replace(/^W\//, '') }
}

/** The memories nearest in meaning, the nearest first. */
export function useEditMemory(memoryId: string) {
  const org = useOrg()
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ etag, changes }: { etag: string | undefined; changes: Schemas['PatchedMemoryPatchRequest'] }) =>
      editionOf(
        api.PATCH('/api/v1/memory/{memory_id}', {
          params: { path: { memory_id: memoryId }, header: { 'If-Match': etag } },
          body: changes,
        }),
      ),
    onSuccess: (memory) => {
      client.setQueryData(memoryQuery(org, memoryId).queryKey, memory)
      // Its neighbours, its concepts and every list may be others now; nobody waits for them.
      void client.invalidateQueries({ queryKey: [org] })
    },
  })
}

/** Asks where a memory stands in the results of a question, or what keeps it out. */
export function useExplain(memoryId: string) {
  return useMutation({
    mutationFn: (query: string) =>
      answerOf(
        api.POST('/api/v1/memory/explain', {
          body: { memory_id: memoryId, query, limit: SHOWN_BY_SEARCH, search_type: 'hybrid' },
        }),
      ),
  })
}

export function relatedQuery(org: string, memoryId: string) {
  return queryOptions({
    queryKey: [org, 'memories', 'related', memoryId],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/api/v1/memory/{memory_id}/related', {
          params: { path: { memory_id: memoryId }, query: { limit: NEIGHBOURS } },
          signal,
        }),
      ),
  })
}

export function historyQuery(org: string, memoryId: string) {
  return infiniteQueryOptions({
    queryKey: [org, 'memories', 'history', memoryId],
    queryFn: ({ signal, pageParam }) =>
      answerOf(
        api.GET('/api/v1/memory/{memory_id}/history', {
          params: { path: { memory_id: memoryId }, query: { cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  })
}

// Asked of a memory that is not shown; the question itself does not matter.
const ANY_QUESTION = '?'

/** Why a memory is not shown: `trashed`, `expired`, or null if it is there after all. Fails for one that never was. */
export function absenceQuery(org: string, memoryId: string) {
  return queryOptions({
    queryKey: [org, 'memories', 'absence', memoryId],
    queryFn: async ({ signal }) => {
      const { gate } = await answerOf(
        api.POST('/api/v1/memory/explain', {
          body: { query: ANY_QUESTION, memory_id: memoryId, search_type: 'neural', limit: 1 },
          signal,
        }),
      )
      return gate === 'trashed' || gate === 'expired' ? gate : null
    },
  })
}

export function useRestoreMemory(memoryId: string) {
  const org = useOrg()
  const client = useQueryClient()
  return useMutation({
    mutationFn: () =>
      answerOf(api.POST('/api/v1/memory/{memory_id}/restore', { params: { path: { memory_id: memoryId } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: [org] }),
  })
}

/** Says that another memory holds instead of one. */
export function useSupersede(memoryId: string) {
  const org = useOrg()
  const client = useQueryClient()
  return useMutation({
    mutationFn: (by: string) =>
      answerOf(
        api.POST('/api/v1/memory/{memory_id}/supersede', { params: { path: { memory_id: memoryId } }, body: { by } }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: [org] }),
  })
}

/** Says that nothing replaces a memory after all. */
export function useReinstate(memoryId: string) {
  const org = useOrg()
  const client = useQueryClient()
  return useMutation({
    mutationFn: () =>
      answerOf(
        api.POST('/api/v1/memory/{memory_id}/supersede', {
          params: { path: { memory_id: memoryId } },
          body: { by: null },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: [org] }),
  })
}

/** Brings a memory back from the archive. */
export function useUnarchive(memoryId: string) {
  const org = useOrg()
  const client = useQueryClient()
  return useMutation({
    mutationFn: () =>
      answerOf(api.POST('/api/v1/memory/{memory_id}/unarchive', { params: { path: { memory_id: memoryId } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: [org] }),
  })
}

/** What can be done with memories of a list, if anything. */
export function actionIn(state: State) {
  return ({ live: 'trash', trash: 'restore', archived: 'bringBack' } as const)[state as 'live' | 'trash' | 'archived']
}

/** Memories by their ids, or all that satisfy the conditions. */
export type Target = { ids: string[] } | { conditions: Conditions; total: number }

/** A target as the API takes it. */
function wanted(target: Target) {
  if ('ids' in target) return { ids: target.ids, all: false }
  // Without any condition the API wants to hear that every memory is meant.
  return { ...target.conditions, all: Object.values(target.conditions).every((value) => value === undefined) }
}

function bulk(action: 'trash' | 'restore', target: Target) {
  return answerOf(api.POST('/api/v1/memory/bulk', { body: { action, ...wanted(target), dry_run: false } }))
}

// How many memories are named in one call.
const AT_ONCE = 1000

/** Brings memories back from the archive, step by step; `progress` is how far that has come while it goes on. */
export function useBringBack() {
  const t = useTranslations('memories.moved')
  const refused = useFailed()
  const org = useOrg()
  const client = useQueryClient()
  const [progress, setProgress] = useState<{ done: number; total: number } | null>(null)

  async function bringBack(target: Target) {
    const stayed = new Map<string, string>()
    let done = 0
    async function step(some: Target, after?: number) {
      const answer = await answerOf(
        api.POST('/api/v1/memory/unarchive', { body: { ...wanted(some), ...(after !== undefined && { after }) } }),
      )
      for (const { memory_id, detail } of answer.errors) stayed.set(memory_id, detail)
      done += answer.done
      setProgress((now) => now && { ...now, done })
      return answer
    }
    if ('ids' in target) {
      for (let at = 0; at < target.ids.length; at += AT_ONCE) await step({ ids: target.ids.slice(at, at + AT_ONCE) })
    } else {
      let after: number | null = 0
      while (after !== null) after = (await step(target, after)).next
    }
    return { done, stayed }
  }

  const { mutate } = useMutation({
    mutationFn: bringBack,
    onMutate: (target) => setProgress({ done: 0, total: 'ids' in target ? target.ids.length : target.total }),
    onSuccess: ({ done, stayed }) => {
      if (done > 0 || stayed.size === 0) toast.done(t('restored', { count: done }))
      const [reason] = stayed.values()
      if (reason) toast.failed(t('stayed', { count: stayed.size, reason }))
    },
    onError: (error) => refused(error, (reason) => t('bringBackFailed', { reason })),
    onSettled: () => {
      setProgress(null)
      return client.invalidateQueries({ queryKey: [org] })
    },
  })
  return { mutate, progress }
}

/**
 * Moves memories to the trash or out of it. The list shows it at once and takes it back if the server refuses; what was
 * named by ids can be undone.
 */
export function useMoveMemories(action: 'trash' | 'restore') {
  const t = useTranslations('memories.moved')
  const refused = useFailed()
  const org = useOrg()
  const client = useQueryClient()
  const lists = [org, 'memories', 'list']

  const undo = useMutation({
    mutationFn: (ids: string[]) => bulk(action === 'trash' ? 'restore' : 'trash', { ids }),
    onSuccess: ({ done }) => toast.done(t('undone', { count: done })),
    onError: (error) => refused(error, (reason) => t('undoFailed', { reason })),
    onSettled: () => client.invalidateQueries({ queryKey: [org] }),
  })

  return useMutation({
    mutationFn: (target: Target) => bulk(action, target),
    onMutate: async (target) => {
      await client.cancelQueries({ queryKey: lists })
      const before = client.getQueriesData<MemoryPage>({ queryKey: lists })
      for (const [key, page] of before) {
        if (page && stateOf(key) === (action === 'trash' ? 'live' : 'trash'))
          client.setQueryData(key, without(page, target))
      }
      return { before }
    },
    onError: (error, _target, kept) => {
      for (const [key, page] of kept?.before ?? []) client.setQueryData(key, page)
      refused(error, (reason) => t(action === 'trash' ? 'trashFailed' : 'restoreFailed', { reason }))
    },
    onSuccess: ({ done, failed }, target) => {
      const text = t(action === 'trash' ? 'trashed' : 'restored', { count: done })
      const canUndo = 'ids' in target && done > 0
      toast.done(text, canUndo ? { label: t('undo'), run: () => undo.mutate(target.ids) } : undefined)
      if (failed > 0) toast.failed(t('someFailed', { count: failed }))
    },
    onSettled: (_answer, _error, target) =>
      // What lies in the trash now cannot be asked for one by one.
      client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] === org && !isOf(queryKey, target) }),
  })
}

/** Whether a query is about one of the memories alone. */
function isOf(key: QueryKey, target: Target) {
  return 'ids' in target && typeof key[3] === 'string' && target.ids.includes(key[3])
}

function stateOf(key: QueryKey): State {
  return (key[3] as { state?: State }).state ?? 'live'
}

function without(page: MemoryPage, target: Target): MemoryPage {
  if (!('ids' in target)) return { ...page, results: [], total: 0, next: null }
  const left = page.results.filter((memory) => !target.ids.includes(memory.memory_id))
  return { ...page, results: left, total: page.total - (page.results.length - left.length) }
}
