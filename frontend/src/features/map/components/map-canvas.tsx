import { useQuery } from '@tanstack/react-query'
import { Lasso, Maximize, ZoomIn, ZoomOut } from 'lucide-react'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { headline, memoryQuery } from '@/features/memories'
import { useOrg } from '@/hooks/use-account'
import { useKeys } from '@/hooks/use-keys'
import { useTheme } from '@/hooks/use-theme'
import { cn } from '@/lib/cn'
import type { Points } from '../places'
import type { MemoryMap } from '../queries'
import { type MapView, openMapView, type Pointed } from '../view'

type Props = {
  map: MemoryMap
  points: Points
  /** What is meant, if not everything. */
  marked: ReadonlySet<number> | null
  chosen: number | null
  onChoose: (place: number | null) => void
  onDraw: (places: number[]) => void
}

// How long one rests on a point before its text is fetched.
const REST_MS = 120

export function MapCanvas({ map, points, marked, chosen, onChoose, onDraw }: Props) {
  const t = useTranslations('map')
  const canvas = useRef<HTMLCanvasElement>(null)
  const view = useRef<MapView>(null)
  const rest = useRef<ReturnType<typeof setTimeout>>(undefined)
  const [pointed, setPointed] = useState<Pointed>(null)
  const [isLassoOn, setLasso] = useState(false)
  const { isDark } = useTheme()
  const choose = useEffectEvent(onChoose)
  const finish = useEffectEvent((places: number[]) => {
    setLasso(false)
    onDraw(places)
  })
  const hover = useEffectEvent((next: Pointed) => {
    clearTimeout(rest.current)
    if (next === null || next.place !== pointed?.place) setPointed(null)
    if (next) rest.current = setTimeout(() => setPointed(next), REST_MS)
  })
  useEffect(() => {
    if (!canvas.current) return
    const opened = openMapView(canvas.current, {
      onHover: (next) => hover(next),
      onChoose: (place) => choose(place),
      onDraw: (places) => finish(places),
    })
    view.current = opened
    return () => {
      clearTimeout(rest.current)
      opened.destroy()
    }
  }, [])
  useEffect(() => view.current?.show(map, points), [map, points])
  useEffect(() => view.current?.mark(marked, chosen), [marked, chosen])
  useEffect(() => view.current?.lasso(isLassoOn), [isLassoOn])
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours
  useEffect(() => view.current?.recolour(), [isDark])
  useKeys({
    '+': () => view.current?.zoom(1),
    '-': () => view.current?.zoom(-1),
    '0': () => view.current?.zoom(0),
  })
  return (
    <div className="relative min-h-80 overflow-hidden rounded-lg border bg-surface">
      <canvas
        ref={canvas}
        role="img"
        aria-label={t('picture')}
        className={cn('absolute inset-0 size-full touch-none', isLassoOn && 'cursor-crosshair')}
      />
      {pointed ? <Hint key={points.ids[pointed.place]} pointed={pointed} map={map} points={points} /> : null}
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
        <Button
          look={isLassoOn ? 'primary' : 'quiet'}
          size="icon"
          aria-label={t('lasso')}
          aria-pressed={isLassoOn}
          title={t('lassoHint')}
          onClick={() => setLasso(!isLassoOn)}
        >
          <Lasso aria-hidden />
        </Button>
      </div>
    </div>
  )
}

/** What lies under the pointer; whoever has none reads it in the list. */
function Hint({ pointed, map, points }: { pointed: NonNullable<Pointed>; map: MemoryMap; points: Points }) {
  const t = useTranslations('map')
  const memory = useQuery(memoryQuery(useOrg(), points.ids[pointed.place] ?? ''))
  const cluster = map.clusters.find(({ id }) => id === points.cluster[pointed.place])
  return (
    <div
      aria-hidden
      className="pointer-events-none absolute z-10 w-64 max-w-full -translate-x-1/2 rounded-md bg-raised px-2.5 py-2 text-xs shadow-float"
      style={{ left: `clamp(8rem, ${pointed.x}px, 100% - 8rem)`, top: pointed.y + 14 }}
    >
      <p className="text-muted">{cluster?.label ?? t('none')}</p>
      <p className="line-clamp-3">{memory.data ? headline(memory.data.content) : '…'}</p>
    </div>
  )
}
