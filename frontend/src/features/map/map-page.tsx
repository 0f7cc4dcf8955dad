import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { LoaderCircle, Map as MapIcon } from 'lucide-react'
import { useMemo, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Page } from '@/components/page'
import { EmptyState, ErrorState, Skeleton } from '@/components/states'
import { insightsQuery } from '@/features/insights'
import { FirstMemory } from '@/features/memories'
import { useOrg } from '@/hooks/use-account'
import { Chosen } from './components/chosen'
import { GroupList } from './components/group-list'
import { MapCanvas } from './components/map-canvas'
import { pointsOf } from './places'
import { LEAST_MEMORIES, type MemoryMap, mapQuery, NO_CLUSTER } from './queries'

const route = getRouteApi('/$org/map')

export function MapPage() {
  const t = useTranslations('map')
  const org = useOrg()
  const map = useQuery(mapQuery(org))
  const insights = useQuery(insightsQuery(org, undefined))
  const total = insights.data?.total_memories
  const failed = [map, insights].find((query) => query.isError && !query.data)
  const note = map.data?.pending
    ? t('pending')
    : map.data && map.data.x.length > 0
      ? t('note', { count: map.data.total })
      : t('what')
  return (
    <Page title={t('title')} note={note} isFull>
      {failed ? (
        <ErrorState
          error={failed.error}
          onRetry={() => void Promise.all([map.refetch(), insights.refetch()])}
          isRetrying={failed.isRefetching}
        />
      ) : !map.data || total === undefined ? (
        <Skeleton className="min-h-80 flex-1" />
      ) : total === 0 ? (
        <FirstMemory />
      ) : total < LEAST_MEMORIES ? (
        <EmptyState icon={MapIcon} title={t('tooFew.title', { least: LEAST_MEMORIES })}>
          {t('tooFew.text', { count: total, missing: LEAST_MEMORIES - total })}
        </EmptyState>
      ) : map.data.x.length === 0 ? (
        <div role="status">
          <EmptyState icon={LoaderCircle} title={t('drawing.title')}>
            {t('drawing.text')}
          </EmptyState>
        </div>
      ) : (
        // What was drawn around belongs to one map.
        <Explorer key={map.data.change} map={map.data} />
      )}
    </Page>
  )
}

function Explorer({ map }: { map: MemoryMap }) {
  const t = useTranslations('map')
  const { cluster } = route.useSearch()
  const navigate = route.useNavigate()
  const points = useMemo(() => pointsOf(map), [map])
  const [drawn, setDrawn] = useState<number[] | null>(null)
  const [chosen, setChosen] = useState<number | null>(null)
  const [hasChosen, setHasChosen] = useState(false)
  const marked = useMemo(() => {
    if (drawn) return new Set(drawn)
    if (cluster === undefined) return null
    return new Set([...points.ids.keys()].filter((place) => points.cluster[place] === cluster))
  }, [drawn, cluster, points])
  const group = map.clusters.find(({ id }) => id === cluster)

  function choose(next: number | undefined) {
    setDrawn(null)
    setChosen(null)
    setHasChosen(true)
    if (next !== cluster) void navigate({ search: { cluster: next } })
  }
  return (
    <div className="grid min-h-0 flex-1 gap-4 max-md:grid-rows-[20rem_auto] md:grid-cols-[minmax(0,1fr)_21rem]">
      <MapCanvas
        map={map}
        points={points}
        marked={marked}
        chosen={chosen}
        onChoose={(place) => (place === null ? choose(undefined) : setChosen(place))}
        onDraw={(places) => {
          choose(undefined)
          if (places.length > 0) setDrawn(places)
        }}
      />
      <div className="flex max-h-[70dvh] min-h-60 flex-col overflow-hidden rounded-lg border bg-surface md:max-h-none">
        {chosen !== null ? (
          <Chosen
            key={`point ${chosen}`}
            title={t('one')}
            ids={[points.ids[chosen] ?? '']}
            takesFocus
            onBack={() => setChosen(null)}
          />
        ) : drawn ? (
          <Chosen
            key={`drawn ${drawn.length} ${drawn[0]}`}
            title={t('drawn')}
            ids={drawn.map((place) => points.ids[place] ?? '')}
            takesFocus
            onBack={() => setDrawn(null)}
          />
        ) : cluster !== undefined && (group || cluster === NO_CLUSTER) && marked ? (
          <Chosen
            key={`group ${cluster}`}
            title={group?.label ?? t('none')}
            ids={[...marked].map((place) => points.ids[place] ?? '')}
            cluster={cluster}
            takesFocus={hasChosen}
            onBack={() => choose(undefined)}
          />
        ) : (
          <GroupList map={map} onChoose={choose} />
        )}
      </div>
    </div>
  )
}
