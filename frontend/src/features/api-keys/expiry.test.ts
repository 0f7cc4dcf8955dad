import { expect, test } from 'vitest'
import { endOf } from './expiry'

const now = new Date('2026-11-28T10:00:00Z')

test('a key lives some days, until the end of a day, or for ever', () => {
  expect(endOf('30', '', now)).toBe('2026-12-28T10:00:00.000Z')
  expect(endOf('never', '', now)).toBeNull()
  expect(endOf('day', '2026-12-24', now)).toBe(new Date('2026-12-24T23:59:59').toISOString())
})

test('a day that is none, or over, is no end', () => {
  expect(endOf('day', '', now)).toBeUndefined()
  expect(endOf('day', '2026-11-01', now)).toBeUndefined()
})
