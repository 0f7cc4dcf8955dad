import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Ago } from '@/components/ago'
import { ErrorState, Skeleton } from '@/components/states'
import { headline, memoriesQuery } from '@/features/memories'
import { useOrg } from '@/hooks/use-account'

const SHOWN = 6

/** What was recorded last. */
export function Latest() {
  const org = useOrg()
  const latest = useQuery(memoriesQuery(org, { limit: SHOWN }))
  if (latest.isError) {
    return <ErrorState error={latest.error} onRetry={() => void latest.refetch()} isRetrying={latest.isRefetching} />
  }
  if (!latest.data) return <Skeleton className="h-40" />
  return (
    <ul className="grid grid-cols-[minmax(0,1fr)] gap-0.5 text-ui">
      {latest.data.results.map((memory) => (
        <li key={memory.memory_id}>
          <Link
            to="/$org/memories/$memoryId"
            params={{ org, memoryId: memory.memory_id }}
            className="flex h-8 items-center justify-between gap-4 rounded px-2 hover:bg-sunken focus-visible:-outline-offset-2"
          >
            <span className="truncate">{headline(memory.content)}</span>
            <span className="text-xs text-muted">
              <Ago at={memory.recorded_at} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  )
}
