import { useFormatter } from 'use-intl'
import { ticksUpTo } from '@/components/chart/scale'
import { cn } from '@/lib/cn'
import type { Check } from '../queries'

type Props = { label: string; failed: string; history: Check[] }

/** A bar for each check, oldest first, as high as it took; one that failed takes the whole height, and is hatched. */
export function LatencyChart({ label, failed, history }: Props) {
  const { number, dateTime } = useFormatter()
  const unit = (value: number) => number(value, { style: 'unit', unit: 'millisecond', maximumFractionDigits: 0 })
  const top = ticksUpTo(Math.max(0, ...history.filter((check) => check.ok).map((check) => check.latency_ms)), 2).at(-1)
  const checks = history.toReversed()
  return (
    <div role="img" aria-label={label} className="grid gap-1 text-xs text-subtle tabular-nums">
      <p>{unit(top ?? 1)}</p>
      <div className="flex h-24 items-end gap-px border-y">
        {checks.map((check) => (
          <span
            key={check.checked_at}
            title={`${dateTime(new Date(check.checked_at), { timeStyle: 'medium' })}: ${check.ok ? unit(check.latency_ms) : check.detail || failed}`}
            className={cn(
              'block max-w-2 min-w-0 flex-1',
              check.ok
                ? 'bg-series-1'
                : 'bg-[repeating-linear-gradient(45deg,var(--danger)_0_2px,var(--danger-soft)_2px_4px)]',
            )}
            style={{ height: check.ok ? `${Math.max(2, (check.latency_ms / (top ?? 1)) * 100)}%` : '100%' }}
          />
        ))}
      </div>
      <p className="flex justify-between">
        {[checks[0], checks.at(-1)].map((check, place) =>
          check ? (
            <span key={place === 0 ? 'first' : 'last'}>
              {dateTime(new Date(check.checked_at), { timeStyle: 'short' })}
            </span>
          ) : null,
        )}
      </p>
    </div>
  )
}
