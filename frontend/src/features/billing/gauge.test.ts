import { expect, test } from 'vitest'
import { quota } from '@/testing/billing'
import { fullness, gaugeOf, isHeadingOver, nearest, runningOut } from './gauge'

const parts = (used: number, limit: number, projected: number | null) =>
  gaugeOf({ used, limit, projected })?.parts.map(({ kind, from, to }) => [kind, from, to])

test('below the limit, the bar ends at the limit', () => {
  expect(parts(25, 100, 50)).toEqual([
    ['used', 0, 0.25],
    ['projected', 0.25, 0.5],
  ])
  expect(gaugeOf({ used: 25, limit: 100, projected: 50 })?.limitAt).toBe(1)
})

test('what is projected beyond the limit lies above it', () => {
  expect(parts(50, 100, 200)).toEqual([
    ['used', 0, 0.25],
    ['projected', 0.25, 0.5],
    ['projectedOver', 0.5, 1],
  ])
  expect(gaugeOf({ used: 50, limit: 100, projected: 200 })?.limitAt).toBe(0.5)
})

test('what is used beyond the limit, too', () => {
  expect(parts(150, 100, 200)).toEqual([
    ['used', 0, 0.5],
    ['over', 0.5, 0.75],
    ['projectedOver', 0.75, 1],
  ])
})

test('a projection below what is used, or none, adds nothing', () => {
  expect(parts(50, 100, 20)).toEqual([['used', 0, 0.5]])
  expect(parts(50, 100, null)).toEqual([['used', 0, 0.5]])
})

test('nothing used, less than nothing, and a limit of nothing', () => {
  expect(parts(0, 100, 0)).toEqual([])
  expect(parts(-5, 100, null)).toEqual([])
  expect(parts(0, 0, null)).toEqual([])
  expect(parts(3, 0, null)).toEqual([['over', 0, 1]])
  expect(fullness(quota({ used: 0, limit: 0 }))).toBe(1)
})

test('without a limit there is no bar', () => {
  expect(gaugeOf({ used: 5, limit: null, projected: 9 })).toBeNull()
  expect(fullness(quota({ used: 5, limit: null }))).toBe(0)
})

test('the nearest is the fullest of those that run out', () => {
  const calls = quota({ used: 400, limit: 1000 })
  const bytes = quota({ meter: 'memory_bytes', used: 90, limit: 100 })
  const people = quota({ meter: 'users', used: 2, limit: 2 })
  const free = quota({ meter: 'llm_tokens', used: 1e9, limit: null })
  expect(nearest([calls, bytes, people, free])).toBe(bytes)
  expect(runningOut([calls, bytes, people, free])).toEqual([calls, bytes])
  expect(nearest([people, free, quota({ meter: 'llm_tokens', used: 0, limit: 0, state: 'reached' })])).toBeUndefined()
})

test('heading over is what has not happened yet', () => {
  expect(isHeadingOver({ used: 50, limit: 100, projected: 101 })).toBe(true)
  expect(isHeadingOver({ used: 50, limit: 100, projected: 100 })).toBe(false)
  expect(isHeadingOver({ used: 100, limit: 100, projected: 150 })).toBe(false)
  expect(isHeadingOver({ used: 50, limit: null, projected: 150 })).toBe(false)
})
