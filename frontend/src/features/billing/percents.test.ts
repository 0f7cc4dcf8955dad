import { expect, test } from 'vitest'
import { centsOf, percentsOf } from './percents'

test.each([
  ['80, 100', [80, 100]],
  ['100 80% 80', [80, 100]],
  ['50;200', [50, 200]],
  ['', []],
  ['0', null],
  ['201', null],
  ['8.5', null],
  ['eighty', null],
])('percents %j', (text, percents) => {
  expect(percentsOf(text)).toEqual(percents)
})

test.each([
  ['50', 5000],
  ['49.90', 4990],
  ['49,9', 4990],
  ['0', 0],
  [' ', null],
  ['-1', undefined],
  ['1.234', undefined],
  ['1e3', undefined],
])('amount %j', (text, cents) => {
  expect(centsOf(text)).toBe(cents)
})
