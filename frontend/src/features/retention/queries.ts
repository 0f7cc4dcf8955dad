import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answerOf, api, type Schemas } from '@/api/client'
import { useOrg } from '@/hooks/use-account'

export type Rule = Schemas['RetentionRuleOutput']
export type ArchiveRule = Schemas['ArchiveRuleOutput']
export type Hold = Schemas['HoldOutput']
export type Erasure = Schemas['ErasureSummaryOutput']
export type ErasureDetails = Schemas['ErasureOutput']
export type Preview = Schemas['ErasurePreviewOutput']
/** What is to be erased: memories of a type, with a text in them, or both. */
export type Wanted = { q?: string; memory_type?: string }

const PAGE_SIZE = 20
// How often one looks whether an erasure has its certificate.
const LOOK_MS = 1000

export function rulesQuery(org: string) {
  return queryOptions({
    queryKey: [org, 'retention', 'rules'],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/memory/retention', { signal })),
  })
}

export function archiveQuery(org: string) {
  return queryOptions({
    queryKey: [org, 'retention', 'archive'],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/memory/archive/rules', { signal })),
  })
}

export function holdsQuery(org: string) {
  return infiniteQueryOptions({
    queryKey: [org, 'retention', 'holds'],
    queryFn: ({ pageParam, signal }) =>
      answerOf(
        api.GET('/api/v1/memory/holds', {
          params: { query: { limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
  })
}

export function erasuresQuery(org: string) {
  return infiniteQueryOptions({
    queryKey: [org, 'retention', 'erasures'],
    queryFn: ({ pageParam, signal }) =>
      answerOf(
        api.GET('/api/v1/memory/erasures', {
          params: { query: { limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.results.some((one) => one.status === 'running')) ? LOOK_MS : false,
  })
}

export function erasureQuery(org: string, id: string) {
  return queryOptions({
    queryKey: [org, 'retention', 'erasure', id],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/v1/memory/erasures/{erasure_id}', { params: { path: { erasure_id: id } }, signal })),
    refetchInterval: ({ state }) => (state.data?.status === 'running' ? LOOK_MS : false),
  })
}

function useChange<Given, Answer>(change: (given: Given) => Promise<Answer>) {
  const org = useOrg()
  const client = useQueryClient()
  return useMutation({ mutationFn: change, onSuccess: () => client.invalidateQueries({ queryKey: [org] }) })
}

export function useSaveRules() {
  return useChange((rules: Schemas['RetentionRuleInputRequest'][]) =>
    answerOf(api.PUT('/api/v1/memory/retention', { body: { rules } })),
  )
}

export function useSaveArchiveRules() {
  return useChange((rules: Schemas['ArchiveRuleInputRequest'][]) =>
    answerOf(api.PUT('/api/v1/memory/archive/rules', { body: { rules } })),
  )
}

export function usePlaceHold() {
  return useChange((body: Schemas['HoldInputRequest']) => answerOf(api.POST('/api/v1/memory/holds', { body })))
}

export function useReleaseHold() {
  return useChange((id: string) =>
    answerOf(api.POST('/api/v1/memory/holds/{hold_id}/release', { params: { path: { hold_id: id } } })),
  )
}

/** Tells what an erasure would find. */
export function usePreview() {
  return useMutation({
    mutationFn: async (wanted: Wanted) =>
      (await answerOf(
        api.POST('/api/v1/memory/erasures', { body: { ...wanted, reason: 'preview', all: false, dry_run: true } }),
      )) as Preview,
  })
}

export function useErase() {
  return useChange(async ({ wanted, reason }: { wanted: Wanted; reason: string }) =>
    answerOf(api.POST('/api/v1/memory/erasures', { body: { ...wanted, reason, all: false, dry_run: false } })),
  )
}

export function useRetryErasure() {
  return useChange((id: string) =>
    answerOf(api.POST('/api/v1/memory/erasures/{erasure_id}/retry', { params: { path: { erasure_id: id } } })),
  )
}
