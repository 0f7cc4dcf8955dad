import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { CircleCheck } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { Ago } from '@/components/ago'
import { Button } from '@/components/button'
import { Page } from '@/components/page'
import { Segmented } from '@/components/segmented'
import { EmptyState, ErrorState, Skeleton } from '@/components/states'
import { useOrg } from '@/hooks/use-account'
import { useRowKeys } from '@/hooks/use-row-keys'
import { cn } from '@/lib/cn'
import { Changes } from './components/changes'
import { Pair } from './components/pair'
import { type ReviewSummary, reviewsQuery } from './queries'

const route = getRouteApi('/$org/review')

/** Pairs of memories to decide about, and what changed lately. */
export function ReviewPage() {
  const t = useTranslations('reviews')
  const { view } = route.useSearch()
  const navigate = route.useNavigate()
  return (
    <Page
      title={t('title')}
      note={t(view ? 'changes.note' : 'note')}
      actions={
        <Segmented
          label={t('show')}
          value={view ?? 'queue'}
          options={[
            { value: 'queue', label: t('queue') },
            { value: 'changes', label: t('changes.title') },
          ]}
          onChange={(next) => void navigate({ search: next === 'changes' ? { view: next } : {} })}
        />
      }
    >
      {view ? <Changes /> : <Queue />}
    </Page>
  )
}

function Queue() {
  const t = useTranslations('reviews')
  const org = useOrg()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const list = useInfiniteQuery(reviewsQuery(org))
  const rows = list.data?.pages.flatMap((page) => page.results)
  const ids = rows?.map(({ review_id }) => review_id)
  // The first one stays open when others come before it: a key must not decide about another pair than is seen.
  const [first, setFirst] = useState<string>()
  const shown = first && ids?.includes(first) ? first : ids?.[0]
  if (shown !== first) setFirst(shown)
  const open = search.pair ?? shown
  function choose(pair: string | undefined) {
    void navigate({ search: { pair }, replace: true, resetScroll: false })
  }
  useRowKeys(ids, open, choose)
  if (list.isError && !list.data) {
    return <ErrorState error={list.error} onRetry={() => void list.refetch()} isRetrying={list.isRefetching} />
  }
  if (!rows) return <Skeleton className="h-64" />
  if (rows.length === 0 && !search.pair) {
    return (
      <EmptyState icon={CircleCheck} title={t('none')}>
        {t('noneText')}
      </EmptyState>
    )
  }
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[20rem_minmax(0,1fr)]">
      <section aria-label={t('queue')} className="grid gap-2">
        <p className="text-xs text-muted">{t('count', { count: list.data?.pages[0]?.total ?? 0 })}</p>
        <ul className="divide-y overflow-hidden rounded-lg border bg-surface lg:max-h-[70dvh] lg:overflow-y-auto">
          {rows.map((row) => (
            <Row key={row.review_id} row={row} isOpen={row.review_id === open} onOpen={() => choose(row.review_id)} />
          ))}
        </ul>
        {list.hasNextPage ? (
          <Button
            className="justify-self-center"
            isBusy={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            {t('more')}
          </Button>
        ) : null}
      </section>
      {open ? <Pair key={open} reviewId={open} onDecided={() => choose(after(ids, open))} /> : null}
    </div>
  )
}

/** The pair that takes the place of one that was decided: the next one, else the one before. */
function after(ids: string[] | undefined, id: string) {
  const place = ids?.indexOf(id) ?? -1
  return place < 0 ? undefined : (ids?.[place + 1] ?? ids?.[place - 1])
}

function Row({ row, isOpen, onOpen }: { row: ReviewSummary; isOpen: boolean; onOpen: () => void }) {
  const t = useTranslations('reviews')
  return (
    <li>
      <button
        type="button"
        data-row={row.review_id}
        aria-pressed={isOpen}
        onClick={onOpen}
        className={cn(
          'grid w-full gap-1 px-3 py-2.5 text-left -outline-offset-2 hover:bg-sunken',
          isOpen && 'bg-accent-soft',
        )}
      >
        <span className="flex justify-between gap-2 text-xs text-muted">
          <span className="font-medium">{t(`kinds.${row.kind}`)}</span>
          <Ago at={row.opened_at} />
        </span>
        <span className="line-clamp-2 text-ui break-words">
          {row.newer?.excerpt ?? row.older?.excerpt ?? t('gone')}
        </span>
      </button>
    </li>
  )
}
