import { useTranslations } from 'use-intl'
import { useMeterName } from '@/hooks/use-meter-name'
import { useUnits } from '@/hooks/use-units'
import type { UsageTotal } from '../types'

/** The sums of a span, a figure for each meter. */
export function Totals({ totals, currency }: { totals: UsageTotal[]; currency: string }) {
  const t = useTranslations('billing.usage')
  const { amount, sum } = useUnits()
  const meterName = useMeterName()
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-4 rounded-lg border bg-surface p-4 sm:grid-cols-3 lg:grid-cols-4 2xl:grid-cols-7">
      {totals.map(({ meter, name, unit, quantity, cost_cents }) => (
        <div key={meter} className="min-w-0">
          <dt className="text-xs text-muted">{meterName(meter, name)}</dt>
          <dd className="text-lg font-semibold tracking-tight tabular-nums">
            {amount(quantity, unit)}
            {cost_cents ? (
              <span className="block text-xs font-normal text-muted">
                {t('costs', { cost: sum(cost_cents, currency) })}
              </span>
            ) : null}
          </dd>
        </div>
      ))}
    </dl>
  )
}
