import { expect, test } from 'vitest'
import { daysOf, spanOf } from './filters'
import { seriesOf, WORK } from './series'

const NOW = new Date('2026-11-28T22:30:00Z')

test('a range ends with today and has whole days of UTC', () => {
  expect(spanOf({ range: '7d' }, NOW)).toEqual({ from: '2026-11-22T00:00:00.000Z', to: '2026-11-29T00:00:00.000Z' })
  expect(daysOf(spanOf({}, NOW))).toHaveLength(30)
})

test('what was picked takes the place of the range, unless it is none', () => {
  const picked = { from: '2026-11-01T00:00:00Z', to: '2026-11-02T00:00:00Z' }
  expect(spanOf({ range: '7d', ...picked }, NOW)).toEqual(picked)
  expect(spanOf({ range: '7d', from: picked.to, to: picked.from }, NOW).to).toBe('2026-11-29T00:00:00.000Z')
  expect(daysOf(picked)).toEqual([{ from: '2026-11-01T00:00:00.000Z', to: '2026-11-02T00:00:00.000Z' }])
})

test('days without use are there; what is no work of its own is not on top of it', () => {
  const row = (day: string, meter: string, quantity: number) => ({
    key: `2026-11-${day}T00:00:00Z`,
    label: '',
    meter,
    quantity,
    events: quantity,
    cost_cents: null,
  })
  const span = { from: '2026-11-01T00:00:00Z', to: '2026-11-04T00:00:00Z' }
  const rows = [
    row('01', 'memory_searches', 3),
    row('01', 'memory_stores', 2),
    row('01', 'api_calls', 9),
    row('03', 'memory_searches', 1),
    row('09', 'memory_searches', 7),
  ]
  expect(seriesOf(rows, span, WORK).map(({ sum }) => sum)).toEqual([5, 0, 1])
  expect(seriesOf(rows, span, ['api_calls']).map(({ sum }) => sum)).toEqual([9, 0, 0])
})
