import type { ReactNode } from 'react'
import { ErrorState, Skeleton } from './states'

type Query<Data> = {
  data: Data | undefined
  isError: boolean
  error: unknown
  isRefetching: boolean
  refetch: () => unknown
}
type Props<Data> = { query: Query<Data>; skeleton?: ReactNode; children: (data: Data) => ReactNode }

/** What a query has brought, or its place while it does not, or why it cannot. */
export function Loaded<Data>({ query, skeleton, children }: Props<Data>) {
  if (query.data !== undefined) return children(query.data)
  if (query.isError)
    return <ErrorState error={query.error} onRetry={() => void query.refetch()} isRetrying={query.isRefetching} />
  return skeleton ?? <Skeleton className="h-48" />
}
