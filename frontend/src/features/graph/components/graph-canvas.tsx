import { Maximize, ZoomIn, ZoomOut } from 'lucide-react'
import { useEffect, useEffectEvent, useRef } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { useTheme } from '@/hooks/use-theme'
import type { Graph, Selection } from '../queries'
import { type GraphView, openGraphView } from '../view'

type Props = { graph: Graph; selection: Selection; onSelect: (selection: Selection) => void; onFail: () => void }

// Among more lines nobody hits one, and finding out which costs as much as drawing them.
const MOST_TOUCHED = 400

/** The graph as a picture. Everything in it stands in the list beside it, too. */
export default function GraphCanvas({ graph, selection, onSelect, onFail }: Props) {
  const t = useTranslations('graph')
  const box = useRef<HTMLDivElement>(null)
  const view = useRef<GraphView>(null)
  const { isDark } = useTheme()
  const hasTouchableLines = graph.edges.length <= MOST_TOUCHED
  const select = useEffectEvent(onSelect)
  const fail = useEffectEvent(onFail)
  useEffect(() => {
    if (!box.current) return
    try {
      const opened = openGraphView(box.current, { onSelect: (next) => select(next), hasTouchableLines })
      view.current = opened
      return () => {
        view.current = null
        opened.destroy()
      }
    } catch {
      return fail()
    }
  }, [hasTouchableLines])
  // biome-ignore lint/correctness/useExhaustiveDependencies: another view has everything to show
  useEffect(() => view.current?.show(graph), [graph, hasTouchableLines])
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => view.current?.select(selection), [selection, hasTouchableLines])
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours
  useEffect(() => view.current?.recolour(), [isDark])
  return (
    <>
      <div ref={box} role="img" aria-label={t('picture')} data-graph className="absolute inset-0" />
      <div className="absolute bottom-3 left-3 flex gap-0.5 rounded-md border bg-raised p-0.5">
        <Button look="quiet" size="icon" aria-label={t('zoomIn')} onClick={() => view.current?.zoom(1)}>
          <ZoomIn aria-hidden />
        </Button>
        <Button look="quiet" size="icon" aria-label={t('zoomOut')} onClick={() => view.current?.zoom(-1)}>
          <ZoomOut aria-hidden />
        </Button>
        <Button look="quiet" size="icon" aria-label={t('zoomAll')} onClick={() => view.current?.zoom(0)}>
          <Maximize aria-hidden />
        </Button>
      </div>
    </>
  )
}
