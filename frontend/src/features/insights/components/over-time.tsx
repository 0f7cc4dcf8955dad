import { linkOptions } from '@tanstack/react-router'
import { useFormatter, useTranslations } from 'use-intl'
import { type Bar, BarChart } from '@/components/chart/bar-chart'
import { useOrg } from '@/hooks/use-account'
import type { Insights } from '../queries'
import { spansOf } from '../spans'

const TICK = {
  day: { day: 'numeric', month: 'short' },
  week: { day: 'numeric', month: 'short' },
  month: { month: 'short', year: 'numeric' },
} as const
// As many dates below the bars as a phone has room for.
const TICKS = 4

/** How many memories fall on each day, week or month. */
export function OverTime({ insights }: { insights: Insights }) {
  const t = useTranslations('overview')
  const { dateTime, dateTimeRange } = useFormatter()
  const org = useOrg()
  const { unit, spans } = spansOf(insights.temporal_patterns.by_day)
  if (spans.length === 0) return <p className="py-8 text-center text-ui text-muted">{t('nothing')}</p>
  const step = Math.ceil(spans.length / TICKS)
  const bars = spans.map(({ from, to, count }, place): Bar => {
    const start = new Date(from)
    // The end is not part of the span.
    const last = new Date(Date.parse(to) - 1)
    const when = dateTimeRange(start, last, { dateStyle: 'medium', timeZone: 'UTC' })
    return {
      id: from,
      value: count,
      name: t('overTime.bar', { count, when }),
      tick: place % step === 0 ? dateTime(start, { ...TICK[unit], timeZone: 'UTC' }) : undefined,
      link: linkOptions({ to: '/$org/memories', params: { org }, search: { from, to } }),
    }
  })
  return <BarChart key={`${spans.length} ${spans[0]?.from}`} label={t('overTime.title')} bars={bars} />
}
