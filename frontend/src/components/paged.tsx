import type { ReactNode } from 'react'
import { Button } from './button'
import { ErrorState, Skeleton } from './states'

type Query<Row> = {
  data: { pages: { results: Row[] }[] } | undefined
  isError: boolean
  error: unknown
  isRefetching: boolean
  refetch: () => unknown
  hasNextPage: boolean
  isFetchingNextPage: boolean
  fetchNextPage: () => unknown
}
/** `none` stands where there are no rows; `more` is on the button that asks for the next page. */
type Props<Row> = { query: Query<Row>; none: ReactNode; more: string; children: (rows: Row[]) => ReactNode }

/** The rows of a list that comes page by page, for a panel. */
export function Paged<Row>({ query, none, more, children }: Props<Row>) {
  const rows = query.data?.pages.flatMap((page) => page.results)
  if (rows === undefined)
    return query.isError ? (
      <ErrorState error={query.error} onRetry={() => void query.refetch()} isRetrying={query.isRefetching} />
    ) : (
      <Skeleton className="h-16" />
    )
  return (
    <>
      {rows.length === 0 ? <p className="text-ui text-muted">{none}</p> : children(rows)}
      {query.hasNextPage ? (
        <Button
          size="small"
          className="mt-3"
          isBusy={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {more}
        </Button>
      ) : null}
    </>
  )
}
