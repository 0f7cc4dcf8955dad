import { infiniteQueryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answerOf, api, type Schemas } from '@/api/client'
import { useOrg } from '@/hooks/use-account'
import { saveFrom } from '@/lib/save-file'

export type Export = Schemas['ExportOutput']
export type Import = Schemas['ImportOutput']

const PAGE_SIZE = 20
// How often one looks how far something has come.
const LOOK_MS = 1000

function isAtWork({ status }: { status: string }) {
  return status === 'queued' || status === 'running'
}

export function exportsQuery(org: string) {
  return infiniteQueryOptions({
    queryKey: [org, 'exports'],
    queryFn: ({ pageParam, signal }) =>
      answerOf(
        api.GET('/api/v1/memory/exports', {
          params: { query: { limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
    refetchInterval: ({ state }) => (state.data?.pages.some((page) => page.results.some(isAtWork)) ? LOOK_MS : false),
  })
}

export function importsQuery(org: string) {
  return infiniteQueryOptions({
    queryKey: [org, 'archive-imports'],
    queryFn: ({ pageParam, signal }) =>
      answerOf(
        api.GET('/api/v1/memory/imports', {
          params: { query: { limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
    refetchInterval: ({ state }) => (state.data?.pages.some((page) => page.results.some(isAtWork)) ? LOOK_MS : false),
  })
}

/** The lines of an archive that were not taken, page by page. */
export function faultsQuery(org: string, importId: string) {
  return infiniteQueryOptions({
    queryKey: [org, 'archive-imports', 'faults', importId],
    queryFn: async ({ pageParam, signal }) => {
      const found = await answerOf(
        api.GET('/api/v1/memory/imports/{import_id}', {
          params: { path: { import_id: importId }, query: pageParam ? { cursor: pageParam } : {} },
          signal,
        }),
      )
      return found.errors
    },
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
  })
}

function useChange<Given, Answer>(change: (given: Given) => Promise<Answer>) {
  const org = useOrg()
  const client = useQueryClient()
  return useMutation({ mutationFn: change, onSuccess: () => client.invalidateQueries({ queryKey: [org] }) })
}

export function useStartExport() {
  return useChange((given: { include_versions: boolean; include_files: boolean }) =>
    answerOf(api.POST('/api/v1/memory/export', { body: given })),
  )
}

export function useDeleteExport() {
  return useChange((id: string) =>
    answerOf(api.DELETE('/api/v1/memory/exports/{export_id}', { params: { path: { export_id: id } } })),
  )
}

/** Has the browser fetch an archive by a link of its own: a page could not hold a large one. */
export function useFetchArchive() {
  return useMutation({
    mutationFn: (id: string) =>
      answerOf(api.POST('/api/v1/memory/exports/{export_id}/link', { params: { path: { export_id: id } } })),
    onSuccess: ({ path }) => saveFrom(path),
  })
}

export function useSendArchive() {
  return useChange((file: File) => {
    const body = new FormData()
    body.append('file', file)
    return answerOf(
      api.POST('/api/v1/memory/import', {
        // The client's own way would make JSON of it.
        body: body as never,
        bodySerializer: (given: unknown) => given as FormData,
      }),
    )
  })
}

export function useCancelImport() {
  return useChange((id: string) =>
    answerOf(api.POST('/api/v1/memory/imports/{import_id}/cancel', { params: { path: { import_id: id } } })),
  )
}
