import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ListFilter, MonitorX, Route as RouteIcon, SearchX, Waypoints } from 'lucide-react'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { useTranslations } from 'use-intl'
import * as z from 'zod/mini'
import { Button } from '@/components/button'
import { Page } from '@/components/page'
import { Segmented } from '@/components/segmented'
import { EmptyState, ErrorState, Skeleton } from '@/components/states'
import { insightsQuery, spansOf } from '@/features/insights'
import { FirstMemory } from '@/features/memories'
import { useOrg } from '@/hooks/use-account'
import { cn } from '@/lib/cn'
import { lazyPart } from '@/lib/lazy-part'
import { ApiError } from '@/lib/problem'
import { Details } from './components/details'
import { Facts } from './components/facts'
import { useKindName } from './components/names'
import { PathFacts } from './components/path-facts'
import { TimeSlider } from './components/time-slider'
import { DEPTHS, type GraphSearch } from './filters'
import { KINDS, slotOf } from './kinds'
import { entityNamed, type Graph, graphQuery, pathQuery, type Selection } from './queries'

const EntityBox = lazyPart(() => import('./components/entity-box'))
const KindMenu = lazyPart(() => import('./components/kind-menu'))
const GraphCanvas = lazy(() => import('./components/graph-canvas'))
const route = getRouteApi('/$org/graph')

export function GraphPage() {
  const t = useTranslations('graph')
  const org = useOrg()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { entity, from, to } = search
  const isPath = from !== undefined && to !== undefined
  const around = useQuery({ ...graphQuery(org, search), enabled: !isPath })
  const path = useQuery({ ...pathQuery(org, from ?? '', to ?? ''), enabled: isPath })
  const insights = useQuery(insightsQuery(org, undefined))
  const spans = spansOf(insights.data?.temporal_patterns.by_day ?? []).spans
  const shown = isPath ? path : around
  const graph: Graph | undefined = shown.data
  const [selection, setSelection] = useState<Selection>(null)
  // A path is begun here and gets its other end in the second box.
  const start = from ?? entity
  // While an id is all that is known, no name is shown.
  const nameOf = (wanted = '') =>
    (graph && entityNamed(graph.nodes, wanted)?.name) ?? (z.uuid().safeParse(wanted).success ? '…' : wanted)
  // From where a path was asked for in the details: its other end is wanted next.
  const [aim, setAim] = useState<string>()

  function change(next: GraphSearch, replace = false) {
    void navigate({ search: next, replace })
  }
  function focus(next: string | undefined) {
    setSelection(null)
    change({ ...search, entity: next, from: undefined, to: undefined })
  }
  const isNarrowed = entity !== undefined || search.kind !== undefined || search.until !== undefined
  return (
    <Page
      title={t('title')}
      note={
        graph
          ? t('count', { entities: graph.nodes.length, links: graph.edges.length })
          : shown.isError
            ? null
            : t('counting')
      }
      isFull
    >
      <div className="flex flex-wrap items-center gap-2">
        <Suspense fallback={<Skeleton className="h-8 w-60" />}>
          <EntityBox
            key={`from ${nameOf(start)}`}
            isWanted={false}
            label={t('find')}
            name={nameOf(start)}
            onChoose={({ id }) => (isPath ? change({ ...search, from: id }) : focus(id))}
            onClear={() => focus(undefined)}
          />
          {start ? (
            <EntityBox
              key={`to ${start} ${nameOf(to)}`}
              isWanted={aim === start}
              label={t('pathTo')}
              name={nameOf(to)}
              onChoose={({ id }) => {
                setSelection(null)
                change({ from: start, to: id })
              }}
              onClear={() => focus(start)}
            />
          ) : null}
        </Suspense>
        {isPath ? null : (
          <>
            {entity ? (
              <Segmented
                label={t('depth')}
                value={search.depth ?? '1'}
                options={DEPTHS.map((depth) => ({ value: depth, label: t('steps', { count: Number(depth) }) }))}
                onChange={(depth) => change({ ...search, depth: depth === '1' ? undefined : depth })}
              />
            ) : null}
            <Suspense fallback={<Skeleton className="h-8 w-24" />}>
              <KindMenu kind={search.kind} onChange={(kind) => change({ ...search, kind })} />
            </Suspense>
          </>
        )}
      </div>
      {shown.isError && !graph ? (
        <Unfound error={shown.error} onRetry={() => void shown.refetch()} isRetrying={shown.isRefetching}>
          <Button onClick={() => focus(undefined)}>{t('showAll')}</Button>
        </Unfound>
      ) : !graph ? (
        <Skeleton className="min-h-80 flex-1" />
      ) : graph.nodes.length === 0 ? (
        <Nothing
          isPath={isPath}
          isNarrowed={isNarrowed}
          hasMemories={(insights.data?.total_memories ?? 0) > 0}
          onClear={() => change({})}
        />
      ) : (
        <div
          className={cn(
            'grid min-h-0 flex-1 gap-4 transition-opacity md:grid-cols-[minmax(0,1fr)_21rem]',
            shown.isPlaceholderData && 'opacity-80',
          )}
        >
          <Picture graph={graph} selection={selection} onSelect={setSelection} />
          <section
            aria-label={t('facts')}
            className="flex max-h-[70dvh] min-h-72 flex-col overflow-hidden rounded-lg border bg-surface md:max-h-none"
          >
            {selection ? (
              <Details
                graph={graph}
                selection={selection}
                onSelect={setSelection}
                onFocus={({ id }) => focus(id)}
                onPathFrom={({ id }) => {
                  setAim(id)
                  focus(id)
                }}
              />
            ) : isPath ? (
              <PathFacts graph={graph} onSelect={setSelection} />
            ) : (
              <Facts graph={graph} onSelect={setSelection} />
            )}
          </section>
        </div>
      )}
      {!isPath && spans.length > 1 ? (
        <TimeSlider
          spans={spans}
          until={search.until}
          onChange={(until) => change({ ...search, until }, true)}
          isBusy={around.isFetching}
        />
      ) : null}
    </Page>
  )
}

type PictureProps = { graph: Graph; selection: Selection; onSelect: (selection: Selection) => void }

/** Phones have the list alone: five hundred points are nothing to touch. */
function Picture({ graph, selection, onSelect }: PictureProps) {
  const t = useTranslations('graph')
  const kindName = useKindName()
  const [hasFailed, setFailed] = useState(false)
  const kinds = [...new Set(graph.nodes.map((node) => node.kind))]
  const known = KINDS.filter((kind) => kinds.includes(kind))
  return (
    <div className="relative min-h-80 overflow-hidden rounded-lg border bg-surface max-md:hidden">
      {hasFailed ? (
        <EmptyState icon={MonitorX} title={t('noPicture.title')}>
          {t('noPicture.text')}
        </EmptyState>
      ) : (
        <>
          <Suspense fallback={<Skeleton className="absolute inset-0" />}>
            <GraphCanvas graph={graph} selection={selection} onSelect={onSelect} onFail={() => setFailed(true)} />
          </Suspense>
          <ul
            aria-label={t('legend')}
            className="pointer-events-none absolute top-3 left-3 flex flex-wrap gap-x-3 rounded-md bg-surface/85 px-2 py-1 text-xs text-muted"
          >
            {known.map((kind) => (
              <li key={kind} className="flex items-center gap-1.5">
                <span aria-hidden className={cn('size-2 rounded-full', slotOf(kind).dot)} />
                {kindName(kind)}
              </li>
            ))}
            {known.length < kinds.length ? (
              <li className="flex items-center gap-1.5">
                <span aria-hidden className={cn('size-2 rounded-full', slotOf('').dot)} />
                {t('other')}
              </li>
            ) : null}
          </ul>
        </>
      )}
    </div>
  )
}

type UnfoundProps = { error: Error; onRetry: () => void; isRetrying: boolean; children: ReactNode }

/** An entity that nothing names is no fault: the way on is another one. */
function Unfound({ error, onRetry, isRetrying, children }: UnfoundProps) {
  const t = useTranslations('graph')
  if (error instanceof ApiError && error.status === 404) {
    return (
      <EmptyState icon={SearchX} title={t('unknown.title')} action={children}>
        {t('unknown.text')}
      </EmptyState>
    )
  }
  return <ErrorState error={error} onRetry={onRetry} isRetrying={isRetrying} />
}

type NothingProps = { isPath: boolean; isNarrowed: boolean; hasMemories: boolean; onClear: () => void }

function Nothing({ isPath, isNarrowed, hasMemories, onClear }: NothingProps) {
  const t = useTranslations('graph')
  if (isPath) {
    return (
      <EmptyState icon={RouteIcon} title={t('path.none')} action={<Button onClick={onClear}>{t('showAll')}</Button>}>
        {t('path.noneText')}
      </EmptyState>
    )
  }
  if (isNarrowed) {
    return (
      <EmptyState
        icon={ListFilter}
        title={t('nothingFits')}
        action={<Button onClick={onClear}>{t('showAll')}</Button>}
      />
    )
  }
  if (hasMemories) {
    return (
      <EmptyState icon={Waypoints} title={t('noNames.title')}>
        {t('noNames.text')}
      </EmptyState>
    )
  }
  return <FirstMemory />
}
