import { Link, type LinkOptions } from '@tanstack/react-router'
import { type KeyboardEvent, useRef, useState } from 'react'
import { useFormatter } from 'use-intl'
import { ticksUpTo } from './scale'

/** A part of a bar, by the place of its series. */
export type BarPart = { series: number; value: number }
export type Bar = {
  id: string
  value: number
  /** What the bar consists of, from the bottom up; without it, it is all of one. */
  parts?: BarPart[]
  name: string
  tick?: string | undefined
  link: LinkOptions
}

/** The colours of series, in their order; what comes after them is no series of its own. */
export const SERIES = [
  'bg-series-1',
  'bg-series-2',
  'bg-series-3',
  'bg-series-4',
  'bg-series-5',
  'bg-series-6',
  'bg-series-7',
  'bg-series-8',
]

const MOVES: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1 }

type Props = { label: string; bars: Bar[]; format?: (value: number) => string }

/** Bars in a row, each a link to what it counts. One of them is in the tab order; arrows lead to the others. */
export function BarChart({ label, bars, format }: Props) {
  const { number } = useFormatter()
  const [shown, setShown] = useState<Bar | null>(null)
  const [current, setCurrent] = useState(bars.length - 1)
  const list = useRef<HTMLUListElement>(null)
  const ticks = ticksUpTo(Math.max(...bars.map((bar) => bar.value)))
  const top = ticks.at(-1) ?? 1
  const write = format ?? number

  function move(event: KeyboardEvent) {
    const next = current + (MOVES[event.key] ?? 0)
    if (next === current || !bars[next]) return
    event.preventDefault()
    setCurrent(next)
    list.current?.querySelectorAll('a')[next]?.focus()
  }
  return (
    <div className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-2 text-xs text-subtle tabular-nums">
      <p aria-hidden className="col-start-2 h-5 truncate text-right text-fg">
        {shown?.name}
      </p>
      <div aria-hidden className="relative h-40 text-right">
        <span className="invisible">{write(top)}</span>
        {ticks.map((tick) => (
          <span
            key={tick}
            className="absolute right-0 translate-y-1/2 leading-none whitespace-nowrap"
            style={{ bottom: `${(tick / top) * 100}%` }}
          >
            {write(tick)}
          </span>
        ))}
      </div>
      <div className="relative h-40">
        {ticks.map((tick) => (
          <div key={tick} className="absolute inset-x-0 border-t" style={{ bottom: `${(tick / top) * 100}%` }} />
        ))}
        <ul ref={list} aria-label={label} onKeyDown={move} className="absolute inset-0 flex items-end gap-px">
          {bars.map((bar, place) => (
            <li key={bar.id} className="h-full min-w-0 flex-1">
              <Link
                {...bar.link}
                preload={false}
                aria-label={bar.name}
                tabIndex={place === current ? 0 : -1}
                onFocus={() => {
                  setCurrent(place)
                  setShown(bar)
                }}
                onBlur={() => setShown(null)}
                onMouseEnter={() => setShown(bar)}
                onMouseLeave={() => setShown(null)}
                className="group flex h-full items-end focus-visible:outline-offset-0"
              >
                {bar.parts ? (
                  <span className="mx-auto flex h-full w-full max-w-6 flex-col-reverse group-hover:opacity-80">
                    {bar.parts.map((part) => (
                      <span
                        key={part.series}
                        className={`block w-full last:rounded-t-sm ${SERIES[part.series]}`}
                        style={{ height: `${(part.value / top) * 100}%` }}
                      />
                    ))}
                  </span>
                ) : (
                  <span
                    className="mx-auto block w-full max-w-6 rounded-t-sm bg-series-1 group-hover:bg-accent-strong"
                    style={{ height: `${(bar.value / top) * 100}%` }}
                  />
                )}
              </Link>
            </li>
          ))}
        </ul>
      </div>
      <ol aria-hidden className="col-start-2 mt-1 flex gap-px">
        {bars.map((bar) => (
          <li key={bar.id} className="relative h-4 min-w-0 flex-1">
            {bar.tick ? <span className="absolute left-0 whitespace-nowrap">{bar.tick}</span> : null}
          </li>
        ))}
      </ol>
    </div>
  )
}
