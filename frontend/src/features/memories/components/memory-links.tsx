import { useQueries } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { Ago } from '@/components/ago'
import { ErrorState, Skeleton } from '@/components/states'
import { useOrg } from '@/hooks/use-account'
import { headline } from '../headline'
import { memoryQuery } from '../queries'

/** Memories by their ids, each a link; those that are gone meanwhile are left out. */
export function MemoryLinks({ ids }: { ids: string[] }) {
  const t = useTranslations('memoryLinks')
  const org = useOrg()
  const memories = useQueries({ queries: ids.map((id) => memoryQuery(org, id)) })
  const failed = memories.find((memory) => memory.isError)
  if (failed && memories.every((memory) => memory.isError)) {
    return <ErrorState error={failed.error} onRetry={() => void Promise.all(memories.map((one) => one.refetch()))} />
  }
  return (
    <ul className="grid grid-cols-[minmax(0,1fr)] gap-0.5 text-ui">
      {memories.map(({ data, isPending }, place) =>
        data ? (
          <li key={ids[place]}>
            <Link
              to="/$org/memories/$memoryId"
              params={{ org, memoryId: data.memory_id }}
              className="block rounded px-2 py-1 hover:bg-sunken focus-visible:-outline-offset-2"
            >
              <span className="line-clamp-2">{headline(data.content)}</span>
              <span className="text-xs text-muted">
                <span className="sr-only">{t('occurred')} </span>
                <Ago at={data.occurred_at} />
              </span>
            </Link>
          </li>
        ) : isPending ? (
          <li key={ids[place]} className="px-2 py-1">
            <Skeleton className="h-9" />
          </li>
        ) : null,
      )}
    </ul>
  )
}
