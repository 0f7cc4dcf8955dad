import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useFormatter, useTranslations } from 'use-intl'
import { Panel } from '@/components/panel'
import { ErrorState, Skeleton } from '@/components/states'
import { useOrg } from '@/hooks/use-account'
import { headline } from '../headline'
import { relatedQuery } from '../queries'

/** What stands near a memory: by meaning, by names, and what says nearly the same. */
export function Related({ memoryId }: { memoryId: string }) {
  const t = useTranslations('related')
  const { list, number } = useFormatter()
  const org = useOrg()
  const related = useQuery(relatedQuery(org, memoryId))
  return (
    <Panel title={t('title')} note={t('note')}>
      {related.isError ? (
        <ErrorState error={related.error} onRetry={() => void related.refetch()} isRetrying={related.isRefetching} />
      ) : !related.data ? (
        <Skeleton className="h-40" />
      ) : related.data.results.length === 0 ? (
        <p className="text-ui text-muted">{t('none')}</p>
      ) : (
        <ul className="grid gap-1 text-ui">
          {related.data.results.map(({ memory_id, content, closeness, shared_entities, is_duplicate }) => (
            <li key={memory_id}>
              <Link
                to="/$org/memories/$memoryId"
                params={{ org, memoryId: memory_id }}
                className="grid gap-1 rounded-md px-2 py-1.5 hover:bg-sunken focus-visible:-outline-offset-2"
              >
                <span className="line-clamp-2">{headline(content)}</span>
                <span className="flex flex-wrap items-center gap-x-2 text-xs text-muted">
                  <span aria-hidden className="h-1 w-12 overflow-hidden rounded-full bg-sunken">
                    <span className="block h-full bg-accent" style={{ width: `${closeness * 100}%` }} />
                  </span>
                  {t('closeness', { share: number(closeness, { style: 'percent' }) })}
                  {shared_entities.length > 0 ? <span>{list(shared_entities)}</span> : null}
                  {is_duplicate ? (
                    <span className="rounded-sm bg-accent-soft px-1.5 py-0.5 font-medium text-accent-text">
                      {t('duplicate')}
                    </span>
                  ) : null}
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
