import { linkOptions } from '@tanstack/react-router'
import { useFormatter, useTranslations } from 'use-intl'
import { type Bar, BarChart, SERIES } from '@/components/chart/bar-chart'
import { PlainTable } from '@/components/plain-table'
import { ScrollRegion } from '@/components/scroll-region'
import { useOrg } from '@/hooks/use-account'
import { useMeterName } from '@/hooks/use-meter-name'
import { useUnits } from '@/hooks/use-units'
import { byteUnitOf, inByteUnit } from '@/lib/amount'
import { cn } from '@/lib/cn'
import type { UsageSearch } from '../filters'
import { type Day, seriesOf, WORK } from '../series'
import type { Usage } from '../types'

// As many dates below the bars as a phone has room for.
const TICKS = 4

/** Use by day: the chosen meter, or the work of all kinds on each other. */
export function ByDay({ usage, search }: { usage: Usage; search: UsageSearch }) {
  const t = useTranslations('billing.usage')
  const { dateTime, number } = useFormatter()
  const { amount } = useUnits()
  const meterName = useMeterName()
  const org = useOrg()
  const chosen = search.meter
  const meters = chosen ? [chosen] : WORK.filter((meter) => usage.totals.some((total) => total.meter === meter))
  const unit = usage.totals.find(({ meter }) => meter === chosen)?.unit ?? ''
  const nameOf = (meter: string) => meterName(meter, usage.totals.find((total) => total.meter === meter)?.name)
  const days = seriesOf(usage.results, usage, meters)
  const top = Math.max(0, ...days.map(({ sum }) => sum))
  // Round figures on the axis are round in the unit that is shown.
  const bytes = unit === 'bytes' ? byteUnitOf(top) : null
  const scaled = (value: number) => Math.max(0, bytes ? inByteUnit(value, bytes) : value)
  const dateOf = (day: Day) => dateTime(new Date(day.from), { dateStyle: 'medium', timeZone: 'UTC' })
  if (top === 0) return <p className="py-8 text-center text-ui text-muted">{t('nothing')}</p>
  const step = Math.ceil(days.length / TICKS)
  const bars = days.map((day, place): Bar => {
    const parts = meters.map((meter, series) => ({ series, value: scaled(day.byMeter.get(meter) ?? 0) }))
    const said = meters.filter((meter) => day.byMeter.get(meter))
    return {
      id: day.from,
      value: scaled(day.sum),
      parts: parts.filter(({ value }) => value > 0),
      name: `${dateOf(day)}: ${
        said.length === 0
          ? t('none')
          : said.map((meter) => `${nameOf(meter)} ${amount(day.byMeter.get(meter) ?? 0, unit)}`).join(', ')
      }`,
      tick:
        place % step === 0
          ? dateTime(new Date(day.from), { day: 'numeric', month: 'short', timeZone: 'UTC' })
          : undefined,
      link: linkOptions({
        to: '/$org/settings/usage',
        params: { org },
        search: { ...search, range: undefined, from: day.from, to: day.to, by: 'operation' },
      }),
    }
  })
  return (
    <div className="grid gap-3">
      <BarChart
        key={`${days.length} ${days[0]?.from} ${meters}`}
        label={t('byDay')}
        bars={bars}
        {...(bytes && {
          format: (value: number) => number(value, { style: 'unit', unit: bytes, unitDisplay: 'short' }),
        })}
      />
      {meters.length > 1 ? (
        <ul className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted">
          {meters.map((meter, series) => (
            <li key={meter} className="flex items-center gap-1.5">
              <span aria-hidden className={cn('size-2.5 rounded-sm', SERIES[series])} />
              {nameOf(meter)}
            </li>
          ))}
        </ul>
      ) : null}
      <details>
        <summary className="w-fit text-xs text-muted hover:text-fg">{t('asTable')}</summary>
        <ScrollRegion label={t('asTable')} className="mt-2 max-h-96 overflow-auto rounded-md border">
          <PlainTable
            label={t('byDay')}
            rows={days}
            idOf={(day) => day.from}
            columns={[
              { id: 'day', header: t('day'), cell: dateOf },
              ...meters.map((meter) => ({
                id: meter,
                header: nameOf(meter),
                className: 'text-right tabular-nums',
                cell: (day: Day) => (
                  <>
                    <span className="mr-1 text-xs text-muted sm:hidden">{nameOf(meter)}</span>
                    {amount(day.byMeter.get(meter) ?? 0, unit)}
                  </>
                ),
              })),
            ]}
          />
        </ScrollRegion>
      </details>
    </div>
  )
}
