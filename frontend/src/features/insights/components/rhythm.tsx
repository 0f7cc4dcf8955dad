import { linkOptions } from '@tanstack/react-router'
import { useFormatter, useTranslations } from 'use-intl'
import { HeatGrid } from '@/components/chart/heat-grid'
import { useOrg } from '@/hooks/use-account'
import type { Insights } from '../queries'

// A Monday, to name the days of the week from.
const MONDAY = Date.UTC(2024, 0, 1)
const HOUR_MS = 3600 * 1000
const DAYS = 7
const HOURS = 24

/** The hours of the week in which things happen, in UTC as the server counts them. */
export function Rhythm({ insights }: { insights: Insights }) {
  const t = useTranslations('overview.rhythm')
  const { dateTime } = useFormatter()
  const org = useOrg()
  const at = (hour: number) => new Date(MONDAY + hour * HOUR_MS)
  const dayName = (day: number, weekday: 'long' | 'short') => dateTime(at(day * HOURS), { weekday, timeZone: 'UTC' })
  const hourName = (hour: number) =>
    dateTime(at(hour), { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: 'UTC' })
  return (
    <HeatGrid
      key={insights.temporal_patterns.by_hour_of_week.join()}
      label={t('title')}
      rows={Array.from({ length: DAYS }, (_, day) => ({ name: dayName(day, 'long'), short: dayName(day, 'short') }))}
      columns={Array.from({ length: HOURS }, (_, hour) => hourName(hour))}
      values={insights.temporal_patterns.by_hour_of_week}
      nameOf={(day, hour, count) => t('cell', { day: dayName(day, 'long'), hour: hourName(hour), count })}
      linkOf={(day, hour) =>
        linkOptions({ to: '/$org/memories', params: { org }, search: { hour: day * HOURS + hour } })
      }
    />
  )
}
