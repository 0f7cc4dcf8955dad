import type { Day } from './queries'

export type Span = { from: string; to: string; count: number }
export type Unit = 'day' | 'week' | 'month'

const DAY_MS = 24 * 3600 * 1000
const MOST_DAYS = 62
const MOST_WEEKS = 62

// The server counts days of UTC.
const STEPS = {
  day: {
    begin: (date: Date) => date,
    after: (date: Date) => new Date(date.getTime() + DAY_MS),
  },
  week: {
    begin: (date: Date) => new Date(date.getTime() - ((date.getUTCDay() + 6) % 7) * DAY_MS),
    after: (date: Date) => new Date(date.getTime() + 7 * DAY_MS),
  },
  month: {
    begin: (date: Date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)),
    after: (date: Date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)),
  },
}

/** Days with memories, as bars without gaps: days, weeks from Monday, or months, whichever gives a readable number. */
export function spansOf(days: Day[]): { unit: Unit; spans: Span[] } {
  const first = days[0]
  const last = days.at(-1)
  if (!first || !last) return { unit: 'day', spans: [] }
  const length = (Date.parse(last.from) - Date.parse(first.from)) / DAY_MS + 1
  const unit = length <= MOST_DAYS ? 'day' : length <= MOST_WEEKS * 7 ? 'week' : 'month'
  const next = STEPS[unit]
  const spans: Span[] = []
  let place = 0
  for (let start = next.begin(new Date(first.from)); start <= new Date(last.from); start = next.after(start)) {
    const end = next.after(start)
    let count = 0
    for (let day = days[place]; day && new Date(day.from) < end; day = days[++place]) count += day.count
    spans.push({ from: start.toISOString(), to: end.toISOString(), count })
  }
  return { unit, spans }
}
