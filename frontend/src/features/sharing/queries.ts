import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answerOf, api, type Schemas } from '@/api/client'
import { useOrg } from '@/hooks/use-account'

export type Grant = Schemas['GrantOutput']
export type NewGrant = Schemas['GrantInputRequest']
export type ModuleSharing = Schemas['SharingOutput']
export type PrincipalKind = NewGrant['principal_kind']
export type Right = NewGrant['rights'][number]
/** Somebody to whom memories can be opened. */
export type Choice = { value: string; label: string }

const PAGE_SIZE = 20
// As many as one page of the API holds; who has more types the name.
const CHOICES = 100

export function grantsQuery(org: string) {
  return infiniteQueryOptions({
    queryKey: [org, 'sharing', 'grants'],
    queryFn: ({ pageParam, signal }) =>
      answerOf(
        api.GET('/api/v1/memory/grants', {
          params: { query: { limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
  })
}

export function sharingQuery(org: string) {
  return queryOptions({
    queryKey: [org, 'sharing', 'modules'],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/memory/sharing', { signal })),
  })
}

/** Those of a kind to whom memories can be opened; modules come with what they share. */
export function choicesQuery(org: string, kind: Exclude<PrincipalKind, 'module'>) {
  return queryOptions({
    queryKey: [org, 'sharing', 'choices', kind],
    queryFn: ({ signal }) => CHOICES_OF[kind](signal),
  })
}

const CHOICES_OF: Record<Exclude<PrincipalKind, 'module'>, (signal: AbortSignal) => Promise<Choice[]>> = {
  role: async (signal) => {
    const { results } = await answerOf(api.GET('/api/v1/orgs/current/roles', { signal }))
    return results.map((role) => ({ value: role.name, label: role.title || role.name }))
  },
  member: async (signal) => {
    const query = { limit: CHOICES }
    const { results } = await answerOf(api.GET('/api/v1/orgs/current/members', { params: { query }, signal }))
    return results.map((member) => ({ value: member.id, label: member.name || member.email }))
  },
  key: async (signal) => {
    const query = { limit: CHOICES }
    const { results } = await answerOf(api.GET('/api/v1/orgs/current/api-keys', { params: { query }, signal }))
    return results.filter((key) => key.status === 'active').map((key) => ({ value: key.id, label: key.name }))
  },
}

function useChange<Given, Answer>(change: (given: Given) => Promise<Answer>) {
  const org = useOrg()
  const client = useQueryClient()
  return useMutation({ mutationFn: change, onSuccess: () => client.invalidateQueries({ queryKey: [org] }) })
}

export function useMakeGrant() {
  return useChange((body: NewGrant) => answerOf(api.POST('/api/v1/memory/grants', { body })))
}

export function useRevokeGrant() {
  return useChange((id: string) =>
    answerOf(api.POST('/api/v1/memory/grants/{grant_id}/revoke', { params: { path: { grant_id: id } } })),
  )
}
