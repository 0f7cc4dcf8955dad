import { expect, test } from 'vitest'
import { ticksUpTo } from './scale'

test.each([
  [0, [0, 1]],
  [1, [0, 1]],
  [7, [0, 2, 4, 6, 8]],
  [38, [0, 10, 20, 30, 40]],
  [165, [0, 50, 100, 150, 200]],
  [1000, [0, 500, 1000]],
])('values up to %i', (max, ticks) => {
  expect(ticksUpTo(max)).toEqual(ticks)
})
