import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { History } from 'lucide-react'
import type { ReactNode } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { Ago } from '@/components/ago'
import { Panel } from '@/components/panel'
import { Segmented } from '@/components/segmented'
import { EmptyState, ErrorState, Skeleton } from '@/components/states'
import { useOrg } from '@/hooks/use-account'
import { SPANS } from '../address'
import { type Digest, digestQuery } from '../queries'

const route = getRouteApi('/$org/review')
const PARTS = ['added', 'changed', 'superseded', 'trashed', 'expired'] as const

/** What is read otherwise than it was some days ago. */
export function Changes() {
  const t = useTranslations('reviews.changes')
  const org = useOrg()
  const days = route.useSearch().days ?? '7'
  const navigate = route.useNavigate()
  const digest = useQuery({ ...digestQuery(org, Number(days)), placeholderData: keepPreviousData })
  return (
    <>
      <div>
        <Segmented
          label={t('since')}
          value={days}
          options={SPANS.map((value) => ({ value, label: t('days', { count: Number(value) }) }))}
          onChange={(next) => void navigate({ search: { view: 'changes', days: next }, replace: true })}
        />
      </div>
      {digest.isError && !digest.data ? (
        <ErrorState error={digest.error} onRetry={() => void digest.refetch()} isRetrying={digest.isRefetching} />
      ) : !digest.data ? (
        <Skeleton className="h-64" />
      ) : Object.values(digest.data.counts).every((count) => count === 0) ? (
        <EmptyState icon={History} title={t('nothing')} />
      ) : (
        <Parts digest={digest.data} org={org} />
      )}
    </>
  )
}

function Parts({ digest, org }: { digest: Digest; org: string }) {
  const t = useTranslations('reviews.changes')
  const kinds = useTranslations('reviews')
  const { counts } = digest
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      {PARTS.map((part) =>
        counts[part] > 0 ? (
          <Part key={part} title={t(part)} count={counts[part]}>
            {digest[part].map((item) => (
              <li key={item.memory_id} className="flex items-baseline justify-between gap-4">
                {part === 'trashed' || part === 'expired' ? (
                  <span className="line-clamp-2 min-w-0 break-words">{item.excerpt}</span>
                ) : (
                  <Link
                    to="/$org/memories/$memoryId"
                    params={{ org, memoryId: item.memory_id }}
                    className="line-clamp-2 min-w-0 rounded break-words hover:text-accent-text hover:underline"
                  >
                    {item.excerpt}
                  </Link>
                )}
                <span className="text-xs text-muted">
                  <Ago at={item.at} />
                </span>
              </li>
            ))}
          </Part>
        ) : null,
      )}
      {counts.new_entities > 0 ? (
        <Part title={t('names')} count={counts.new_entities}>
          {digest.new_entities.map(({ id, name }) => (
            <li key={id}>
              <Link to="/$org/graph" params={{ org }} search={{ entity: name }} className="hover:underline">
                {name}
              </Link>
            </li>
          ))}
        </Part>
      ) : null}
      {counts.decided_reviews > 0 ? (
        <Part title={t('decided')} count={counts.decided_reviews}>
          {digest.decided_reviews.map((one) => (
            <li key={one.review_id} className="flex items-baseline justify-between gap-4">
              <Link to="/$org/review" params={{ org }} search={{ pair: one.review_id }} className="hover:underline">
                {kinds(`kinds.${one.kind}`)}: {kinds(`states.${one.status}`)}
              </Link>
              <span className="text-xs text-muted">
                <Ago at={one.decided_at} />
              </span>
            </li>
          ))}
        </Part>
      ) : null}
      {counts.erased > 0 ? <Part title={t('erased')} count={counts.erased} /> : null}
    </div>
  )
}

function Part({ title, count, children }: { title: string; count: number; children?: ReactNode[] }) {
  const t = useTranslations('reviews.changes')
  const { number } = useFormatter()
  const hidden = count - (children?.length ?? count)
  return (
    <Panel title={title} actions={<span className="text-ui font-semibold tabular-nums">{number(count)}</span>}>
      {children ? <ul className="grid gap-2 text-ui">{children}</ul> : null}
      {hidden > 0 ? <p className="pt-2 text-xs text-muted">{t('hidden', { count: hidden })}</p> : null}
    </Panel>
  )
}
