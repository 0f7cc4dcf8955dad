import { cn } from '@/lib/cn'

type Props = {
  label: string
  /** One per row, from the top. */
  rows: { name: string; short: string }[]
  columns: string[]
  /** Row by row. */
  values: number[]
  nameOf: (row: number, column: number, value: number) => string
}

const SHADES = ['bg-sunken', 'bg-series-1/25', 'bg-series-1/45', 'bg-series-1/70', 'bg-series-1']
// Of 24 hours, as many names as there is room for.
const NAMED_EVERY = 6

/** A table of counts, the larger the darker; the numbers are there for who cannot see shades. */
export function HeatGrid({ label, rows, columns, values, nameOf }: Props) {
  const most = Math.max(...values, 1)
  return (
    <table aria-label={label} className="w-full table-fixed border-separate border-spacing-0.5 text-xs text-subtle">
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
                  <span className="sr-only">{value}</span>
                </td>
              )
            })}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
