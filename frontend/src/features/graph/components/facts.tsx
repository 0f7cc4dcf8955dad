import { useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { ScrollRegion } from '@/components/scroll-region'
import { Segmented } from '@/components/segmented'
import { cn } from '@/lib/cn'
import { slotOf } from '../kinds'
import { type Edge, type Entity, edgeId, type Graph, type Selection } from '../queries'
import { useRelationName } from './names'

// Rows in sight; the rest comes when it is asked for.
const STEP = 100

/** The same as the picture, to read: every entity and everything that joins two. */
export function Facts({ graph, onSelect }: { graph: Graph; onSelect: (selection: Selection) => void }) {
  const t = useTranslations('graph')
  const [part, setPart] = useState<'entities' | 'links'>('entities')
  const [shown, setShown] = useState(STEP)
  const total = part === 'entities' ? graph.nodes.length : graph.edges.length
  return (
    <>
      <div className="border-b p-2">
        <Segmented
          label={t('facts')}
          value={part}
          options={[
            { value: 'entities', label: t('entities', { count: graph.nodes.length }) },
            { value: 'links', label: t('links', { count: graph.edges.length }) },
          ]}
          onChange={(next) => {
            setPart(next)
            setShown(STEP)
          }}
        />
      </div>
      <ScrollRegion
        label={t(part === 'entities' ? 'entityTable' : 'linkTable')}
        className="min-h-0 flex-1 overflow-y-auto"
      >
        {part === 'entities' ? (
          <EntityTable entities={graph.nodes.slice(0, shown)} onSelect={onSelect} />
        ) : (
          <LinkTable graph={graph} edges={graph.edges.slice(0, shown)} onSelect={onSelect} />
        )}
        {total > shown ? (
          <p className="p-2">
            <Button size="small" onClick={() => setShown(shown + STEP)}>
              {t('more', { count: Math.min(STEP, total - shown) })}
            </Button>
          </p>
        ) : null}
      </ScrollRegion>
    </>
  )
}

const headStyle = 'sticky top-0 h-8 bg-surface px-3 text-xs font-medium text-muted shadow-[inset_0_-1px_0_var(--line)]'
const nameStyle = 'block w-full truncate rounded py-1 text-left hover:underline focus-visible:-outline-offset-2'

function EntityTable({ entities, onSelect }: { entities: Entity[]; onSelect: (selection: Selection) => void }) {
  const t = useTranslations('graph')
  const { number } = useFormatter()
  return (
    <table aria-label={t('entityTable')} className="w-full table-fixed text-left text-ui">
      <thead>
        <tr>
          <th scope="col" className={headStyle}>
            {t('name')}
          </th>
          <th scope="col" className={cn(headStyle, 'w-24 text-right')}>
            {t('memories')}
          </th>
        </tr>
      </thead>
      <tbody>
        {entities.map(({ id, name, kind, memories }) => (
          <tr key={id} className="border-b last:border-b-0 hover:bg-sunken">
            <td className="px-3">
              <span className="flex min-h-8 items-center gap-2">
                <span aria-hidden className={cn('size-2 shrink-0 rounded-full', slotOf(kind).dot)} />
                <button type="button" className={nameStyle} onClick={() => onSelect({ entity: id })}>
                  {name}
                </button>
              </span>
            </td>
            <td className="px-3 text-right text-muted tabular-nums">{number(memories)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

type LinkProps = { graph: Graph; edges: Edge[]; onSelect: (selection: Selection) => void }

function LinkTable({ graph, edges, onSelect }: LinkProps) {
  const t = useTranslations('graph')
  const relationName = useRelationName()
  const names = new Map(graph.nodes.map(({ id, name }) => [id, name]))
  return (
    <table aria-label={t('linkTable')} className="w-full table-fixed text-left text-ui">
      <thead>
        <tr>
          {(['from', 'relation', 'to'] as const).map((column) => (
            <th key={column} scope="col" className={headStyle}>
              {t(column)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {edges.map((edge) => (
          <tr key={edgeId(edge)} className="border-b last:border-b-0 hover:bg-sunken">
            <td className="truncate px-3">{names.get(edge.source)}</td>
            <td className="h-8 px-3">
              <button
                type="button"
                className={cn(nameStyle, 'text-muted')}
                onClick={() => onSelect({ edge: edgeId(edge) })}
              >
                {relationName(edge.kind)}
                <span className="sr-only">
                  : {names.get(edge.source)}, {names.get(edge.target)}
                </span>
              </button>
            </td>
            <td className="truncate px-3">{names.get(edge.target)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
