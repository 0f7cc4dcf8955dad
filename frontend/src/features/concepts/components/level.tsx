import { useFormatter } from 'use-intl'

/** A place between the poles: a bar and its number. */
export function Level({ value }: { value: number }) {
  const { number } = useFormatter()
  return (
    <span className="flex items-center gap-2">
      <span aria-hidden className="h-1 flex-1 rounded-full bg-line">
        <span className="block h-full rounded-full bg-series-1" style={{ width: `${value * 100}%` }} />
      </span>
      <span className="text-xs text-muted tabular-nums">
        {number(value, { maximumFractionDigits: 2, minimumFractionDigits: 2 })}
      </span>
    </span>
  )
}
