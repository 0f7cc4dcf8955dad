import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { Page } from '@/components/page'
import { Panel } from '@/components/panel'
import { Segmented } from '@/components/segmented'
import { ErrorState, Skeleton } from '@/components/states'
import { useAccount, useOrg } from '@/hooks/use-account'
import { cn } from '@/lib/cn'
import { Concepts } from './components/concepts'
import { Figures } from './components/figures'
import { FirstUse } from './components/first-use'
import { Latest } from './components/latest'
import { OverTime } from './components/over-time'
import { Rhythm } from './components/rhythm'
import { Themes } from './components/themes'
import { RANGES } from './filters'
import { areThemesPending, type Insights, insightsQuery } from './queries'

const route = getRouteApi('/$org/')

export function OverviewPage() {
  const t = useTranslations('overview')
  const account = useAccount()
  const { range } = route.useSearch()
  const navigate = route.useNavigate()
  const insights = useQuery(insightsQuery(useOrg(), range))
  return (
    <Page
      title={t('title')}
      note={t('note', { name: account.org.name })}
      actions={
        <Segmented
          label={t('range')}
          value={range ?? 'all'}
          options={[...RANGES, 'all' as const].map((value) => ({ value, label: t(`ranges.${value}`) }))}
          onChange={(next) => void navigate({ search: { range: next === 'all' ? undefined : next } })}
        />
      }
    >
      {insights.data ? (
        <div className={cn('grid gap-4 transition-opacity', insights.isPlaceholderData && 'opacity-60')}>
          {insights.data.total_memories === 0 && !range ? <FirstUse /> : <Panels insights={insights.data} />}
        </div>
      ) : insights.isError ? (
        <ErrorState error={insights.error} onRetry={() => void insights.refetch()} isRetrying={insights.isRefetching} />
      ) : (
        <Placeholder />
      )}
    </Page>
  )
}

function Panels({ insights }: { insights: Insights }) {
  const t = useTranslations('overview')
  return (
    <>
      <Figures insights={insights} />
      <div className="grid gap-4 lg:grid-cols-2">
        <Panel title={t('overTime.title')} note={t('overTime.note')} className="lg:col-span-2">
          <OverTime insights={insights} />
        </Panel>
        <Panel title={t('concepts.title')} note={t('concepts.note')}>
          <Concepts insights={insights} />
        </Panel>
        <Panel title={t('themes.title')} note={t(areThemesPending(insights) ? 'themes.pending' : 'themes.note')}>
          <Themes insights={insights} />
        </Panel>
        <Panel title={t('rhythm.title')} note={t('rhythm.note')}>
          <Rhythm insights={insights} />
        </Panel>
        <Panel title={t('latest.title')}>
          <Latest />
        </Panel>
      </div>
    </>
  )
}

/** The shape of the page to come. */
function Placeholder() {
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <Skeleton className="h-20 lg:col-span-2" />
      <Skeleton className="h-72 lg:col-span-2" />
      <Skeleton className="h-72" />
      <Skeleton className="h-72" />
    </div>
  )
}
