import { Pause, Play } from 'lucide-react'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import type { Span } from '@/features/insights'

type Props = {
  spans: Span[]
  until: string | undefined
  onChange: (until: string | undefined) => void
  /** What was asked for last is still on its way. */
  isBusy: boolean
}

// How long one rests before the server is asked.
const PAUSE_MS = 200
const STEP_MS = 900

/** Goes through time: the graph of what had occurred until then. Its right end is now. */
export function TimeSlider({ spans, until, onChange, isBusy }: Props) {
  const t = useTranslations('graph')
  const { dateTime } = useFormatter()
  const last = spans.length - 1
  const found = until ? spans.findIndex((span) => span.to >= until) : -1
  const asked = found === -1 ? last : found
  const [dragged, setDragged] = useState<number | null>(null)
  const [isPlaying, setPlaying] = useState(false)
  const pause = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(pause.current), [])
  const shown = dragged ?? asked

  const go = useEffectEvent((place: number) => {
    clearTimeout(pause.current)
    setDragged(null)
    if (place >= last) setPlaying(false)
    onChange(place >= last ? undefined : spans[place]?.to)
  })
  useEffect(() => {
    if (!isPlaying || isBusy) return
    const timer = setTimeout(() => go(asked + 1), STEP_MS)
    return () => clearTimeout(timer)
  }, [isPlaying, isBusy, asked])

  function drag(place: number) {
    setPlaying(false)
    setDragged(place)
    clearTimeout(pause.current)
    pause.current = setTimeout(() => {
      setDragged(null)
      onChange(place >= last ? undefined : spans[place]?.to)
    }, PAUSE_MS)
  }
  const end = spans[shown]?.to
  const name =
    shown === last || !end
      ? t('time.now')
      : t('time.until', {
          date: dateTime(new Date(Date.parse(end) - 1), { dateStyle: 'medium', timeZone: 'UTC' }),
        })
  return (
    <div className="flex items-center gap-3 rounded-lg border bg-surface py-1.5 pr-4 pl-1.5">
      <Button
        look="quiet"
        size="icon"
        aria-label={t(isPlaying ? 'time.pause' : 'time.play')}
        onClick={() => {
          // At the end it begins anew.
          if (!isPlaying && asked === last) onChange(spans[0]?.to)
          setPlaying(!isPlaying)
        }}
      >
        {isPlaying ? <Pause aria-hidden /> : <Play aria-hidden />}
      </Button>
      <input
        type="range"
        aria-label={t('time.label')}
        aria-valuetext={name}
        min={0}
        max={last}
        value={shown}
        onChange={(event) => drag(Number(event.target.value))}
        className="min-w-0 flex-1 accent-accent"
      />
      <span className="w-36 text-right text-ui text-muted tabular-nums max-sm:w-28">{name}</span>
    </div>
  )
}
