import { expect, test } from 'vitest'
import { spansOf } from './spans'

function day(date: string, count: number) {
  const from = `${date}T00:00:00Z`
  return { date, from, to: new Date(Date.parse(from) + 24 * 3600 * 1000).toISOString(), count }
}

test('no days, no bars', () => {
  expect(spansOf([])).toEqual({ unit: 'day', spans: [] })
})

test('days without memories are bars of nothing', () => {
  const { unit, spans } = spansOf([day('2026-02-27', 2), day('2026-03-01', 3)])
  expect(unit).toBe('day')
  expect(spans.map((span) => span.count)).toEqual([2, 0, 3])
})

test('a long time is counted by weeks from Monday, a longer one by months, and nothing is lost', () => {
  const weeks = spansOf([day('2026-01-01', 1), day('2026-06-30', 2)])
  expect(weeks.unit).toBe('week')
  expect(weeks.spans[0]).toEqual({ from: '2025-12-29T00:00:00.000Z', to: '2026-01-05T00:00:00.000Z', count: 1 })
  const months = spansOf([day('2024-11-20', 4), day('2024-12-02', 5), day('2026-11-13', 6)])
  expect(months.unit).toBe('month')
  expect(months.spans).toHaveLength(25)
  expect(months.spans.reduce((sum, span) => sum + span.count, 0)).toBe(15)
})
