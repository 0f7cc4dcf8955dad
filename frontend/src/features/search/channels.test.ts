import { expect, test } from 'vitest'
import { partsOf } from './channels'

test('parts add up to the score, the largest first; what took no part is left out', () => {
  const of = (channel: string, weight: number, units: number | null, rank: number | null) => ({
    channel,
    raw: null,
    rank,
    weight,
    contribution: units === null ? null : units / 1_000_000,
    contribution_units: units,
  })
  const parts = partsOf([of('lexical', 0.4, 100_000, 3), of('neural', 0.6, 300_000, 1), of('temporal', 0, null, null)])
  expect(parts.map(({ channel, value, rank }) => [channel, value, rank])).toEqual([
    ['neural', 0.5, 1],
    ['lexical', 0.25, 3],
  ])
  expect(parts.reduce((sum, { units }) => sum + units, 0)).toBe(400_000)
})
