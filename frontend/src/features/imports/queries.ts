import {
  infiniteQueryOptions,
  type QueryClient,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import { answerOf, api, type Schemas } from '@/api/client'
import { useFailed } from '@/components/plan-limit'
import { useOrg } from '@/hooks/use-account'
import { eventsOf } from '@/lib/event-stream'
import { ApiError } from '@/lib/problem'

export type OperationSummary = Schemas['OperationSummaryOutput']
export type Operation = Schemas['OperationOutput']

const PAGE_SIZE = 20

export function operationsQuery(org: string) {
  return infiniteQueryOptions({
    queryKey: [org, 'operations', 'list'],
    queryFn: ({ pageParam, signal }) =>
      answerOf(
        api.GET('/api/v1/memory/operations', {
          params: { query: { limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
  })
}

export function operationQuery(org: string, operationId: string) {
  return queryOptions({
    queryKey: [org, 'operations', 'one', operationId],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/api/v1/memory/operations/{operation_id}', {
          params: { path: { operation_id: operationId } },
          signal,
        }),
      ),
  })
}

/** Whether nothing more will happen: every text is stored or has failed, and the models have read what is stored. */
export function isOver({ finished_at, understood, done }: OperationSummary) {
  return finished_at !== null && understood >= done
}

/**
 * Follows a batch until it is over. The data change with every event; the query is done when the batch is. The server
 * ends streams after a while, and a connection may break: the next one begins with what was seen last.
 */
export function progressQuery(org: string, operationId: string) {
  const { queryKey } = operationQuery(org, operationId)
  return queryOptions({
    queryKey: [org, 'operations', 'progress', operationId],
    queryFn: async ({ signal, client }) => {
      let seen: string | undefined
      for (;;) {
        const body = await answerOf(
          api.GET('/api/v1/memory/operations/{operation_id}/events', {
            params: { path: { operation_id: operationId }, header: { ...(seen && { 'Last-Event-ID': seen }) } },
            headers: { Accept: 'text/event-stream' },
            parseAs: 'stream',
            signal,
          }),
        )
        for await (const event of eventsOf(body as ReadableStream<Uint8Array>)) {
          seen = event.id ?? seen
          const operation = JSON.parse(event.data) as Operation
          client.setQueryData(queryKey, operation)
          if (event.name === 'done') {
            await settled(client, org)
            return operation
          }
        }
        await pause(RECONNECT_MS, signal)
      }
    },
    retry: (count: number, error: Error) => !(error instanceof ApiError) || (error.isPassing && count < PATIENCE),
    retryDelay: (count: number) => Math.min(1000 * 2 ** count, 15_000),
    staleTime: Number.POSITIVE_INFINITY,
  })
}

const RECONNECT_MS = 1000
// So many connections in a row may fail: some minutes.
const PATIENCE = 20

/** What the memory holds has changed everywhere. */
async function settled(client: QueryClient, org: string) {
  await client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] === org && queryKey[2] !== 'progress' })
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}

/** Sends a file; the batch that it becomes is worked on in the background. */
export async function sendFile(file: File): Promise<string> {
  const body = new FormData()
  body.append('file', file)
  const { operation_id } = await answerOf(
    api.POST('/api/v1/memory/store/batch', {
      // The client's own way would make JSON of it.
      body: body as never,
      bodySerializer: (given: unknown) => given as FormData,
      params: { header: { 'Idempotency-Key': crypto.randomUUID() } },
    }),
  )
  return operation_id
}

export function useCancel() {
  return useChange('cancel')
}

export function useRetry() {
  return useChange('retry')
}

function useChange(action: 'cancel' | 'retry') {
  const t = useTranslations('imports')
  const failed = useFailed()
  const org = useOrg()
  const client = useQueryClient()
  return useMutation({
    mutationFn: (operationId: string) => {
      const params = { path: { operation_id: operationId } }
      return answerOf(
        action === 'cancel'
          ? api.POST('/api/v1/memory/operations/{operation_id}/cancel', { params })
          : api.POST('/api/v1/memory/operations/{operation_id}/retry', { params }),
      )
    },
    onSuccess: (operation) => {
      client.setQueryData(operationQuery(org, operation.operation_id).queryKey, operation)
      // A batch that goes on is followed anew.
      client.removeQueries({ queryKey: progressQuery(org, operation.operation_id).queryKey })
    },
    onError: (error) => failed(error, (reason) => t('changeFailed', { reason })),
    onSettled: () => client.invalidateQueries({ queryKey: operationsQuery(org).queryKey }),
  })
}
