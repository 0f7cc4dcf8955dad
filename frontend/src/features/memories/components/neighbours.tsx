import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Waypoints } from 'lucide-react'
import { useFormatter, useTranslations } from 'use-intl'
import { may } from '@/api/account'
import { Ago } from '@/components/ago'
import { Button } from '@/components/button'
import { Panel } from '@/components/panel'
import { useFailed } from '@/components/plan-limit'
import { ErrorState, Skeleton } from '@/components/states'
import { toast } from '@/components/toast'
import { useAccount, useOrg } from '@/hooks/use-account'
import { headline, typeName } from '../headline'
import { type Memory, type Neighbour, relatedQuery, useSupersede } from '../queries'

/** The memories nearest in meaning, how near each is, and the names that both share. */
export function Neighbours({ memory }: { memory: Memory }) {
  const t = useTranslations('neighbours')
  const related = useQuery(relatedQuery(useOrg(), memory.memory_id))
  return (
    <Panel title={t('title')} note={t('note')}>
      {related.isError && !related.data ? (
        <ErrorState error={related.error} onRetry={() => void related.refetch()} isRetrying={related.isRefetching} />
      ) : !related.data ? (
        <div className="grid gap-2">
          <Skeleton className="h-14" />
          <Skeleton className="h-14" />
          <Skeleton className="h-14" />
        </div>
      ) : related.data.results.length === 0 ? (
        <p className="text-ui text-muted">{t('none')}</p>
      ) : (
        <ol className="-mx-2 grid grid-cols-[minmax(0,1fr)] gap-1">
          {related.data.results.map((neighbour) => (
            <Row key={neighbour.memory_id} memory={memory} neighbour={neighbour} />
          ))}
        </ol>
      )}
    </Panel>
  )
}

function Row({ memory, neighbour }: { memory: Memory; neighbour: Neighbour }) {
  const t = useTranslations('neighbours')
  const { number } = useFormatter()
  const org = useOrg()
  // The cosine of two texts that have nothing in common can be a little below 0.
  const canReplace = may(useAccount(), 'memory:write') && memory.superseded_at === null
  const failed = useFailed()
  const supersede = useSupersede(memory.memory_id)
  const closeness = Math.max(0, neighbour.closeness)
  return (
    <li className="grid gap-x-4 gap-y-1 px-2 py-1.5 sm:grid-cols-[minmax(0,1fr)_7rem]">
      <div className="grid min-w-0 gap-1">
        <Link
          to="/$org/memories/$memoryId"
          params={{ org, memoryId: neighbour.memory_id }}
          className="line-clamp-2 rounded break-words hover:text-accent-text hover:underline"
        >
          {headline(neighbour.content)}
        </Link>
        <div className="flex min-h-6 flex-wrap items-center gap-x-3 gap-y-1 text-xs text-muted">
          {neighbour.is_duplicate ? (
            <span className="rounded-sm bg-accent-soft px-1.5 py-0.5 font-medium text-accent-text">
              {t('duplicate')}
            </span>
          ) : null}
          <span>{typeName(neighbour.memory_type)}</span>
          <Ago at={neighbour.occurred_at} />
          {neighbour.shared_entities.length > 0 ? (
            <ul aria-label={t('shared')} className="flex flex-wrap gap-x-3 gap-y-1">
              {neighbour.shared_entities.map((name) => (
                <li key={name}>
                  <Link
                    to="/$org/graph"
                    params={{ org }}
                    search={{ entity: name }}
                    className="inline-flex min-h-6 items-center gap-1 hover:text-fg hover:underline"
                  >
                    <Waypoints className="size-3 shrink-0" aria-hidden />
                    {name}
                  </Link>
                </li>
              ))}
            </ul>
          ) : null}
          {canReplace ? (
            <Button
              look="quiet"
              size="small"
              className="-mx-2.5"
              aria-label={t('replaceBy', { text: headline(neighbour.content) })}
              isBusy={supersede.isPending}
              onClick={() =>
                supersede.mutate(neighbour.memory_id, {
                  onSuccess: () => toast.done(t('replaced')),
                  onError: (error) => failed(error, (reason) => t('notReplaced', { reason })),
                })
              }
            >
              {t('replace')}
            </Button>
          ) : null}
        </div>
      </div>
      <div className="flex h-5 items-center gap-2 text-xs text-muted tabular-nums">
        <span aria-hidden className="h-1.5 flex-1 overflow-hidden rounded-full bg-sunken">
          <span className="block h-full rounded-full bg-accent" style={{ width: `${closeness * 100}%` }} />
        </span>
        <span className="w-9 text-right">
          <span className="sr-only">{t('closeness')} </span>
          {number(closeness, { style: 'percent', maximumFractionDigits: 0 })}
        </span>
      </div>
    </li>
  )
}
