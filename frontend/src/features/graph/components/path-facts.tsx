import { ArrowDown } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { ScrollRegion } from '@/components/scroll-region'
import { MemoryLinks } from '@/features/memories'
import { cn } from '@/lib/cn'
import { slotOf } from '../kinds'
import { edgeId, type Graph, type Selection } from '../queries'
import { useRelationName } from './names'

/** A way from one entity to another, step by step, with the memories on it. */
export function PathFacts({ graph, onSelect }: { graph: Graph; onSelect: (selection: Selection) => void }) {
  const t = useTranslations('graph')
  const relationName = useRelationName()
  return (
    <ScrollRegion label={t('path.title')} className="min-h-0 flex-1 overflow-y-auto p-3">
      <h2 className="mb-2 text-ui font-semibold">{t('path.steps', { count: graph.edges.length })}</h2>
      <ol className="grid gap-2 text-ui">
        {graph.nodes.map((node, place) => {
          const edge = graph.edges[place]
          return (
            <li key={node.id} className="grid gap-1">
              <span className="flex items-center gap-2">
                <span aria-hidden className={cn('size-2 shrink-0 rounded-full', slotOf(node.kind).dot)} />
                <button
                  type="button"
                  className="min-w-0 truncate rounded font-medium hover:underline"
                  onClick={() => onSelect({ entity: node.id })}
                >
                  {node.name}
                </button>
              </span>
              {edge ? (
                <div className="ml-1 border-l pl-4">
                  <p className="flex items-center gap-1.5 text-xs text-muted">
                    <ArrowDown className="size-3.5" aria-hidden />
                    {relationName(edge.kind)}
                  </p>
                  <MemoryLinks key={edgeId(edge)} ids={edge.memory_ids.slice(0, 3)} />
                </div>
              ) : null}
            </li>
          )
        })}
      </ol>
    </ScrollRegion>
  )
}
