import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ArrowLeft, Crosshair, Route } from 'lucide-react'
import { useCallback } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { Button, buttonStyle } from '@/components/button'
import { ScrollRegion } from '@/components/scroll-region'
import { ErrorState, Skeleton } from '@/components/states'
import { MemoryLinks, memoriesQuery } from '@/features/memories'
import { useOrg } from '@/hooks/use-account'
import { type Edge, type Entity, edgeId, type Graph, type Selection } from '../queries'
import { useKindName, useRelationName } from './names'

const MEMORIES = 5
const LINKS = 12

type Props = {
  graph: Graph
  selection: NonNullable<Selection>
  onSelect: (selection: Selection) => void
  onFocus: (entity: Entity) => void
  onPathFrom: (entity: Entity) => void
}

/** What is known of an entity or of a link, with the memories that say so. */
export function Details({ graph, selection, onSelect, ...actions }: Props) {
  const t = useTranslations('graph')
  const entity = 'entity' in selection ? graph.nodes.find((node) => node.id === selection.entity) : undefined
  const edge = 'edge' in selection ? graph.edges.find((one) => edgeId(one) === selection.edge) : undefined
  // Whoever chose something in the list reads on here.
  const focus = useCallback((button: HTMLElement | null) => button?.focus({ preventScroll: true }), [])
  return (
    <>
      <div className="border-b p-2">
        <Button look="quiet" size="small" ref={focus} onClick={() => onSelect(null)}>
          <ArrowLeft aria-hidden />
          {t('back')}
        </Button>
      </div>
      <ScrollRegion label={t('details')} className="min-h-0 flex-1 overflow-y-auto p-3">
        {entity ? (
          <EntityDetails key={entity.id} entity={entity} graph={graph} onSelect={onSelect} {...actions} />
        ) : edge ? (
          <EdgeDetails key={edgeId(edge)} edge={edge} graph={graph} onSelect={onSelect} />
        ) : (
          <p className="py-8 text-center text-ui text-muted">{t('gone')}</p>
        )}
      </ScrollRegion>
    </>
  )
}

const linkStyle = 'rounded font-medium hover:underline'

function EntityDetails({
  entity,
  graph,
  onSelect,
  onFocus,
  onPathFrom,
}: Omit<Props, 'selection'> & { entity: Entity }) {
  const t = useTranslations('graph')
  const org = useOrg()
  const kindName = useKindName()
  const relationName = useRelationName()
  const names = new Map(graph.nodes.map(({ id, name }) => [id, name]))
  const links = graph.edges.filter(({ source, target }) => source === entity.id || target === entity.id)
  const memories = useQuery(memoriesQuery(org, { entity_id: entity.id, limit: MEMORIES }))
  return (
    <div className="grid gap-4 text-ui">
      <div>
        <h2 className="text-sm font-semibold break-words">{entity.name}</h2>
        <p className="text-muted">{t('about', { kind: kindName(entity.kind), count: entity.memories })}</p>
      </div>
      <div className="flex flex-wrap gap-2">
        <Button size="small" onClick={() => onFocus(entity)}>
          <Crosshair aria-hidden />
          {t('focus')}
        </Button>
        <Button size="small" onClick={() => onPathFrom(entity)}>
          <Route aria-hidden />
          {t('pathFrom')}
        </Button>
      </div>
      <section className="grid gap-1">
        <h3 className="font-medium">{t('linksOf', { count: links.length })}</h3>
        <ul className="grid">
          {links.slice(0, LINKS).map((edge) => {
            const other = edge.source === entity.id ? edge.target : edge.source
            return (
              <li key={edgeId(edge)} className="flex min-h-7 items-center gap-2 rounded px-2 hover:bg-sunken">
                <button
                  type="button"
                  className="min-w-0 truncate rounded text-left font-medium hover:underline"
                  onClick={() => onSelect({ entity: other })}
                >
                  {names.get(other)}
                </button>
                <button
                  type="button"
                  className="ml-auto shrink-0 rounded text-xs text-muted underline decoration-line-strong underline-offset-2 hover:text-fg"
                  onClick={() => onSelect({ edge: edgeId(edge) })}
                >
                  {relationName(edge.kind)}
                  <span className="sr-only">: {names.get(other)}</span>
                </button>
              </li>
            )
          })}
        </ul>
        {links.length > LINKS ? (
          <p className="px-2 text-muted">{t('furtherLinks', { count: links.length - LINKS })}</p>
        ) : null}
      </section>
      <section className="grid gap-1">
        <h3 className="font-medium">{t('behind')}</h3>
        {memories.isError ? (
          <ErrorState error={memories.error} onRetry={() => void memories.refetch()} />
        ) : memories.data ? (
          <MemoryLinks ids={memories.data.results.map((memory) => memory.memory_id)} />
        ) : (
          <Skeleton className="h-24" />
        )}
        <Link
          to="/$org/memories"
          params={{ org }}
          search={{ entity: entity.id }}
          className={`${buttonStyle({ size: 'small', look: 'quiet' })} justify-self-start`}
        >
          {t('allMemories')}
        </Link>
      </section>
    </div>
  )
}

function EdgeDetails({
  edge,
  graph,
  onSelect,
}: {
  edge: Edge
  graph: Graph
  onSelect: (selection: Selection) => void
}) {
  const t = useTranslations('graph')
  const { number } = useFormatter()
  const relationName = useRelationName()
  const names = new Map(graph.nodes.map(({ id, name }) => [id, name]))
  return (
    <div className="grid gap-4 text-ui">
      <div>
        <h2 className="text-sm">
          <button type="button" className={linkStyle} onClick={() => onSelect({ entity: edge.source })}>
            {names.get(edge.source)}
          </button>{' '}
          <span className="text-muted">{relationName(edge.kind)}</span>{' '}
          <button type="button" className={linkStyle} onClick={() => onSelect({ entity: edge.target })}>
            {names.get(edge.target)}
          </button>
        </h2>
        <p className="text-muted">{t('weight', { weight: number(edge.weight, { maximumFractionDigits: 1 }) })}</p>
      </div>
      <section className="grid gap-1">
        <h3 className="font-medium">{t('behindLink')}</h3>
        {edge.memory_ids.length > 0 ? (
          <MemoryLinks ids={edge.memory_ids} />
        ) : (
          <p className="text-muted">{t('noneBehind')}</p>
        )}
      </section>
    </div>
  )
}
