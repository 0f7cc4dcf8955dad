import { useFormatter, useTranslations } from 'use-intl'
import { useMeterName } from '@/hooks/use-meter-name'
import { useUnits } from '@/hooks/use-units'
import { cn } from '@/lib/cn'
import { isHeadingOver } from '../gauge'
import type { Feature, Quota } from '../types'
import { GaugeBar, GaugeLegend } from './quota-gauge'

type Props = {
  quotas: Quota[]
  /** Of the plan that holds: what is charged beyond a limit. */
  features: Feature[]
  currency: string
}

/** What is used of what the plan gives. */
export function Quotas({ quotas, features, currency }: Props) {
  return (
    <div className="grid gap-4">
      <ul className="grid gap-x-8 gap-y-5 sm:grid-cols-2 xl:grid-cols-3">
        {quotas.map((quota) => (
          <li key={quota.meter} className="grid content-start gap-1.5">
            <Row
              quota={quota}
              overagePrice={features.find(({ code }) => code === quota.meter)?.overage_cents_per_1000 ?? null}
              currency={currency}
            />
          </li>
        ))}
      </ul>
      <GaugeLegend />
    </div>
  )
}

type RowProps = { quota: Quota; overagePrice: number | null; currency: string }

function Row({ quota, overagePrice, currency }: RowProps) {
  const t = useTranslations('billing.quotas')
  const { dateTime } = useFormatter()
  const { amount, price, sum } = useUnits()
  const meterName = useMeterName()
  const { meter, unit, used, limit, projected, state, enforcement, resets_at, overage_cents } = quota
  const name = meterName(meter, quota.name)
  const usedText = amount(Math.max(0, used), unit)
  // What a plan does not include may be used up from before all the same.
  const isIncluded = limit !== 0 || used > 0
  const isSeats = meter === 'users' || meter === 'modules'
  const of = limit === null ? t('noLimit') : isIncluded ? t('of', { limit: amount(limit, unit) }) : t('notIncluded')
  const hasProjection = limit !== null && projected !== null && projected > used
  const then = hasProjection ? t('projected', { amount: amount(projected, unit) }) : null
  const notes = [
    then,
    resets_at
      ? t('resets', {
          at: dateTime(new Date(resets_at), { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }),
        })
      : null,
  ].filter((note) => note !== null)
  const isSoft = enforcement === 'soft' && limit !== null
  return (
    <>
      <div className="flex flex-wrap items-baseline justify-between gap-x-3">
        <h3 className="text-ui font-medium">{name}</h3>
        <p className="text-ui tabular-nums">
          {isIncluded ? (
            <span className={cn('font-medium', state === 'reached' && !isSoft && !isSeats && 'text-danger')}>
              {usedText}{' '}
            </span>
          ) : null}
          <span className="text-muted">{of}</span>
        </p>
      </div>
      {isIncluded ? (
        <GaugeBar
          quota={quota}
          isFull={state === 'reached' && !isSoft && !isSeats}
          label={name}
          text={[`${usedText} ${of}`, then].filter(Boolean).join('. ')}
        />
      ) : null}
      {notes.length > 0 ? <p className="text-xs text-muted">{notes.join(' · ')}</p> : null}
      {!isIncluded ? null : state === 'reached' ? (
        <p className={cn('text-xs', isSoft || isSeats ? 'text-muted' : 'text-danger')}>
          {isSoft
            ? overage_cents !== null
              ? t('overCost', { cost: sum(overage_cents, currency) })
              : t('overSoft')
            : t(isSeats ? 'seatsFull' : 'reached')}
        </p>
      ) : !isSeats && (state === 'near' || isHeadingOver(quota)) ? (
        <p className="text-xs text-danger">{t(isHeadingOver(quota) ? 'headingOver' : 'near')}</p>
      ) : null}
      {isSoft && overagePrice !== null ? (
        <p className="text-xs text-muted">{t('overage', { price: price(overagePrice, currency) })}</p>
      ) : null}
    </>
  )
}
