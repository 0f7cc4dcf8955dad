import { infiniteQueryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answerOf, api, type Schemas } from '@/api/client'
import { useOrg } from '@/hooks/use-account'

export type ApiKey = Schemas['ApiKeyOutput']
/** A key with its secret, which is told this once. */
export type NewKey = Schemas['NewApiKeyOutput']

const PAGE_SIZE = 50

export function keysQuery(org: string) {
  return infiniteQueryOptions({
    queryKey: [org, 'api-keys'],
    queryFn: ({ pageParam, signal }) =>
      answerOf(
        api.GET('/api/v1/orgs/current/api-keys', {
          params: { query: { limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
  })
}

function useKeyMutation<Given, Answer>(change: (given: Given) => Promise<Answer>) {
  const org = useOrg()
  const client = useQueryClient()
  return useMutation({
    mutationFn: change,
    // Secrets are not kept longer than what shows them.
    gcTime: 0,
    onSettled: () => client.invalidateQueries({ queryKey: keysQuery(org).queryKey }),
  })
}

export function useCreateKey() {
  return useKeyMutation((body: { name: string; scopes: string[]; expires_at: string | null }) =>
    answerOf(api.POST('/api/v1/orgs/current/api-keys', { body })),
  )
}

export function useRotateKey() {
  return useKeyMutation(({ id, hours }: { id: string; hours: number }) =>
    answerOf(
      api.POST('/api/v1/orgs/current/api-keys/{key_id}/rotate', {
        params: { path: { key_id: id } },
        body: { overlap_hours: hours },
      }),
    ),
  )
}

export function useRevokeKey() {
  return useKeyMutation((id: string) =>
    answerOf(api.DELETE('/api/v1/orgs/current/api-keys/{key_id}', { params: { path: { key_id: id } } })),
  )
}
