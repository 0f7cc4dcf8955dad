import { expect, test } from 'vitest'
import { byteUnitOf, inByteUnit } from './amount'

test.each([
  [0, 'byte', 0],
  [1023, 'byte', 1023],
  [1024, 'kilobyte', 1],
  [100 * 1024 ** 2, 'megabyte', 100],
  [10 * 1024 ** 3, 'gigabyte', 10],
  [1024 ** 4, 'terabyte', 1],
  [5000 * 1024 ** 4, 'terabyte', 5000],
  [-3 * 1024 ** 2, 'megabyte', -3],
])('%d bytes are shown in %s', (bytes, unit, value) => {
  expect(byteUnitOf(bytes)).toBe(unit)
  expect(inByteUnit(bytes, byteUnitOf(bytes))).toBe(value)
})
