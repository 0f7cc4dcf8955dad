/** The caller: who, in which organisation, with which rights. */
import { queryOptions } from '@tanstack/react-query'
import { answerOf, api, type Schemas } from './client'

export type Account = Schemas['MeOutput']
export type Permission =
  | 'org:read'
  | 'org:write'
  | 'org:admin'
  | 'members:read'
  | 'members:write'
  | 'keys:read'
  | 'keys:write'
  | 'memory:read'
  | 'memory:write'
  | 'memory:admin'
  | 'memory:export'
  | 'modules:read'
  | 'modules:write'
  | 'billing:read'
  | 'billing:write'
  | 'events:read'
  | 'webhooks:read'
  | 'webhooks:write'
  | 'audit:read'

export const accountQuery = queryOptions({
  queryKey: ['account'],
  queryFn: ({ signal }) => answerOf(api.GET('/api/v1/auth/me', { signal })),
  staleTime: 60_000,
})

export function may(account: Account, permission: Permission) {
  return account.permissions.includes(permission)
}
