import { getRouteApi } from '@tanstack/react-router'
import type { Account } from '@/api/account'

const organization = getRouteApi('/$org')

/** Who is signed in and what they may do, inside the pages of an organisation. */
export function useAccount(): Account {
  return organization.useRouteContext({ select: (context) => context.account })
}

/** The organisation's short name: the first part of every path and of every query's key. */
export function useOrg(): string {
  return organization.useParams({ select: (params) => params.org })
}
