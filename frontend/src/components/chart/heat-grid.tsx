import { Link, type LinkOptions } from '@tanstack/react-router'
import { type KeyboardEvent, useRef, useState } from 'react'
import { cn } from '@/lib/cn'

type Props = {
  label: string
  /** One per row, from the top. */
  rows: { name: string; short: string }[]
  columns: string[]
  /** Row by row. */
  values: number[]
  nameOf: (row: number, column: number, value: number) => string
  /** Where a cell leads that has something in it. */
  linkOf: (row: number, column: number) => LinkOptions
}

const SHADES = ['bg-sunken', 'bg-series-1/25', 'bg-series-1/45', 'bg-series-1/70', 'bg-series-1']
// Of 24 hours, as many names as there is room for.
const NAMED_EVERY = 6

/** A table of counts, the larger the darker; the numbers are there for who cannot see shades. */
export function HeatGrid({ label, rows, columns, values, nameOf, linkOf }: Props) {
  const most = Math.max(...values, 1)
  const table = useRef<HTMLTableElement>(null)
  // One stop for the Tab key; arrows go on from there, over the cells that lead somewhere.
  const [current, setCurrent] = useState(() => values.findIndex((value) => value > 0))
  function move(event: KeyboardEvent) {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns.length, ArrowDown: columns.length }[event.key]
    if (!step) return
    event.preventDefault()
    for (let next = current + step; next >= 0 && next < values.length; next += step) {
      if ((values[next] ?? 0) > 0) {
        setCurrent(next)
        table.current?.querySelector<HTMLElement>(`[data-cell="${next}"]`)?.focus()
        return
      }
    }
  }
  return (
    <table
      ref={table}
      onKeyDown={move}
      aria-label={label}
      className="w-full table-fixed border-separate border-spacing-0.5 text-xs text-subtle"
    >
      <thead>
        <tr>
          <td className="w-8" />
          {columns.map((column, place) => (
            <th key={column} scope="col" className="overflow-visible text-left font-normal whitespace-nowrap">
              <span className={cn(place % NAMED_EVERY !== 0 && 'sr-only')}>{column}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, y) => (
          <tr key={row.name}>
            <th scope="row" className="text-left font-normal">
              <abbr title={row.name} className="no-underline">
                {row.short}
              </abbr>
            </th>
            {columns.map((column, x) => {
              const value = values[y * columns.length + x] ?? 0
              const shade = value === 0 ? 0 : Math.ceil((value / most) * (SHADES.length - 1))
              return (
                <td key={column} title={nameOf(y, x, value)} className={cn('h-5 rounded-[3px]', SHADES[shade])}>
                  {value > 0 ? (
                    <Link
                      {...linkOf(y, x)}
                      aria-label={nameOf(y, x, value)}
                      preload={false}
                      data-cell={y * columns.length + x}
                      tabIndex={y * columns.length + x === current ? 0 : -1}
                      onFocus={() => setCurrent(y * columns.length + x)}
                      className="block size-full min-h-5 rounded-[3px] hover:outline-2 hover:outline-ring"
                    />
                  ) : (
                    <span className="sr-only">{value}</span>
                  )}
                </td>
              )
            })}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
