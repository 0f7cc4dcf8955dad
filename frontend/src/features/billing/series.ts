/** Usage by day as bars that stand on each other. */

import { daysOf } from './filters'
import type { UsageRow } from './types'

/**
 * What the organisation had done, each piece counted once. Calls of the API carry this work, and tokens and bytes measure
 * it in their own way: on top of it they would count it twice.
 */
export const WORK = ['memory_searches', 'memory_stores', 'ingestion_items'] as const

export type Day = { from: string; to: string; sum: number; byMeter: Map<string, number> }

/** Each day of the span with what is counted on it; days without are there, too. */
export function seriesOf(rows: UsageRow[], span: { from: string; to: string }, meters: readonly string[]): Day[] {
  const days = daysOf(span).map((day): Day => ({ ...day, sum: 0, byMeter: new Map() }))
  const first = Date.parse(days[0]?.from ?? span.from)
  for (const { key, meter, quantity } of rows) {
    const day = days[Math.floor((Date.parse(key) - first) / (24 * 3600 * 1000))]
    if (!day || !meters.includes(meter)) continue
    day.byMeter.set(meter, (day.byMeter.get(meter) ?? 0) + quantity)
    day.sum += quantity
  }
  return days
}
