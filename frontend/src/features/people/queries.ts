import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answerOf, api, type Schemas } from '@/api/client'
import { renewSession } from '@/api/session'
import { useOrg, useRereadAccount } from '@/hooks/use-account'

export type Invitation = Schemas['InvitationOutput']
export type Member = Schemas['MemberOutput']
export type PermissionRow = Schemas['PermissionOutput']
export type Role = Schemas['RoleOutput']

const PAGE_SIZE = 50

export function membersQuery(org: string, q: string, role: string) {
  return infiniteQueryOptions({
    queryKey: [org, 'members', { q, role }],
    queryFn: ({ pageParam, signal }) =>
      answerOf(
        api.GET('/api/v1/orgs/current/members', {
          params: {
            query: {
              limit: PAGE_SIZE,
              ...(pageParam && { cursor: pageParam }),
              ...(q && { q }),
              ...(role && { role }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
  })
}

/** Those that somebody can still accept. */
export function invitationsQuery(org: string) {
  return queryOptions({
    queryKey: [org, 'invitations'],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/api/v1/orgs/current/invitations', { params: { query: { status: 'pending', limit: 100 } }, signal }),
      ),
  })
}

export function rolesQuery(org: string) {
  return queryOptions({
    queryKey: [org, 'roles'],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/orgs/current/roles', { signal })),
  })
}

/** What roles and keys can be made of. */
export function permissionsQuery(org: string) {
  return queryOptions({
    queryKey: [org, 'permissions'],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/orgs/current/permissions', { signal })),
  })
}

/** A change of who is in the organisation, and as what: all that shows people is read anew. */
function usePeopleMutation<Given, Answer>(change: (given: Given) => Promise<Answer>) {
  const org = useOrg()
  const client = useQueryClient()
  return useMutation({
    mutationFn: change,
    onSettled: () =>
      Promise.all(
        ['members', 'invitations', 'roles', 'permissions'].map((what) =>
          client.invalidateQueries({ queryKey: [org, what] }),
        ),
      ),
  })
}

export function useSetRole() {
  return usePeopleMutation(({ id, role }: { id: string; role: string }) =>
    answerOf(
      api.PATCH('/api/v1/orgs/current/members/{user_id}', { params: { path: { user_id: id } }, body: { role } }),
    ),
  )
}

export function useRemoveMember() {
  return usePeopleMutation((id: string) =>
    answerOf(api.DELETE('/api/v1/orgs/current/members/{user_id}', { params: { path: { user_id: id } } })),
  )
}

/** Hands the organisation over. One's own rights change with it, so the token does. */
export function useTransferOwnership() {
  const reread = useRereadAccount()
  return usePeopleMutation(async (id: string) => {
    await answerOf(api.POST('/api/v1/orgs/current/ownership', { body: { user_id: id } }))
    await renewSession()
    await reread()
  })
}

export type Outcome = { email: string; error: unknown }

/** Invites one address after the other, and says of each how it went. */
export function useInvite() {
  return usePeopleMutation(async ({ emails, role }: { emails: string[]; role: string }) => {
    const outcomes: Outcome[] = []
    for (const email of emails) {
      const sent = answerOf(api.POST('/api/v1/orgs/current/invitations', { body: { email, role } }))
      outcomes.push(
        await sent.then(
          () => ({ email, error: null }),
          (error: unknown) => ({ email, error }),
        ),
      )
    }
    return outcomes
  })
}

export function useResend() {
  return usePeopleMutation((id: string) =>
    answerOf(
      api.POST('/api/v1/orgs/current/invitations/{invitation_id}/resend', { params: { path: { invitation_id: id } } }),
    ),
  )
}

export function useRevoke() {
  return usePeopleMutation((id: string) =>
    answerOf(
      api.DELETE('/api/v1/orgs/current/invitations/{invitation_id}', { params: { path: { invitation_id: id } } }),
    ),
  )
}

export type Draft = { name: string; title: string; description: string; permissions: string[] }

export function useSaveRole(id: string | null) {
  return usePeopleMutation(({ name, ...rest }: Draft) =>
    answerOf(
      id === null
        ? api.POST('/api/v1/orgs/current/roles', { body: { name, ...rest } })
        : api.PATCH('/api/v1/orgs/current/roles/{role_id}', { params: { path: { role_id: id } }, body: rest }),
    ),
  )
}

export function useDeleteRole() {
  return usePeopleMutation((id: string) =>
    answerOf(api.DELETE('/api/v1/orgs/current/roles/{role_id}', { params: { path: { role_id: id } } })),
  )
}
