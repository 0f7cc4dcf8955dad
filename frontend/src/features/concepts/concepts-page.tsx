import { useQueries, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Layers, Waypoints } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { buttonStyle } from '@/components/button'
import { Page } from '@/components/page'
import { Panel } from '@/components/panel'
import { ErrorState, Skeleton } from '@/components/states'
import { insightsQuery } from '@/features/insights'
import { FirstMemory, memoriesQuery } from '@/features/memories'
import { useOrg } from '@/hooks/use-account'
import { ConceptList } from './components/concept-list'
import { DimensionList } from './components/dimension-list'
import { DimensionMemories } from './components/dimension-memories'
import { contextQuery, dimensionName, profileQuery } from './queries'

const route = getRouteApi('/$org/concepts')
// Each is placed by a call of its own.
const LATEST = 24

export function ConceptsPage() {
  const t = useTranslations('concepts')
  const org = useOrg()
  const search = route.useSearch()
  const context = useQuery(contextQuery(org))
  const insights = useQuery(insightsQuery(org, undefined))
  const concept = insights.data?.dominant_concepts.find(({ entity_id }) => entity_id === search.concept)
  const latest = useQuery({
    ...memoriesQuery(org, { entity_id: concept?.entity_id, limit: LATEST }),
    enabled: insights.isSuccess,
  })
  const ids = latest.isPlaceholderData ? undefined : latest.data?.results.map(({ memory_id }) => memory_id)
  const found = useQueries({ queries: (ids ?? []).map((id) => profileQuery(org, id)) })
  const isPlaced = ids !== undefined && found.every(({ isSuccess }) => isSuccess)
  const profiles = isPlaced ? found.flatMap(({ data }) => data ?? []) : undefined
  const needed = [context, insights, latest, ...found]
  const failed = needed.find((query) => query.isError && !query.data)
  const dimension = context.data?.dimensions.find(({ name }) => name === search.dimension)
  return (
    <Page
      title={t('title')}
      note={
        context.data
          ? t('note', { domain: dimensionName(context.data.domain), count: context.data.dimensions.length })
          : t('what')
      }
    >
      {failed ? (
        <ErrorState
          error={failed.error}
          onRetry={() => void Promise.all(needed.filter((one) => one.isError).map((one) => one.refetch()))}
          isRetrying={failed.isRefetching}
        />
      ) : !context.data || !insights.data ? (
        <div className="grid gap-4 md:grid-cols-[17rem_minmax(0,1fr)]">
          <Skeleton className="h-96" />
          <Skeleton className="h-96" />
        </div>
      ) : context.data.counts.memories === 0 ? (
        <div className="rounded-lg border bg-surface">
          <FirstMemory />
        </div>
      ) : (
        <div className="grid items-start gap-4 md:grid-cols-[17rem_minmax(0,1fr)]">
          <Panel title={t('dominant')} note={t('dominantNote')}>
            <ConceptList insights={insights.data} dimension={dimension?.name} />
          </Panel>
          <div className="grid min-w-0 gap-3">
            <div className="flex min-h-8 flex-wrap items-center justify-between gap-x-4 gap-y-2">
              <h2 className="min-w-0 text-sm font-semibold break-words">
                {concept ? t('placedOf', { concept: concept.concept }) : t('placedLatest', { count: ids?.length ?? 0 })}
              </h2>
              {concept ? (
                <div className="flex flex-wrap gap-2">
                  <Link
                    to="/$org/memories"
                    params={{ org }}
                    search={{ entity: concept.entity_id }}
                    className={buttonStyle({ size: 'small' })}
                  >
                    <Layers aria-hidden />
                    {t('itsMemories')}
                  </Link>
                  <Link
                    to="/$org/graph"
                    params={{ org }}
                    search={{ entity: concept.entity_id }}
                    className={buttonStyle({ size: 'small' })}
                  >
                    <Waypoints aria-hidden />
                    {t('itsGraph')}
                  </Link>
                </div>
              ) : null}
            </div>
            {dimension ? (
              <DimensionMemories dimension={dimension} concept={concept?.entity_id} profiles={profiles} />
            ) : (
              <DimensionList dimensions={context.data.dimensions} concept={concept?.entity_id} profiles={profiles} />
            )}
          </div>
        </div>
      )}
    </Page>
  )
}
