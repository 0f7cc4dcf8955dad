import { useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { type Account, accountQuery } from '@/api/account'

const organization = getRouteApi('/$org')

/** Who is signed in and what they may do, inside the pages of an organisation. */
export function useAccount(): Account {
  return organization.useRouteContext({ select: (context) => context.account })
}

/** The organisation's short name: the first part of every path and of every query's key. */
export function useOrg(): string {
  return organization.useParams({ select: (params) => params.org })
}

/** Reads anew who is signed in and what they may do, for the frame too. */
export function useRereadAccount() {
  const client = useQueryClient()
  const router = useRouter()
  return async () => {
    await client.invalidateQueries({ queryKey: accountQuery.queryKey, refetchType: 'none' })
    await client.prefetchQuery({ ...accountQuery, staleTime: 0 })
    await router.invalidate()
  }
}
