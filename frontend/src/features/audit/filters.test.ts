import { expect, test } from 'vitest'
import { auditSearch, conditionsOf, dayOf, isNarrowed } from './filters'

test('what means nothing is dropped', () => {
  const search = auditSearch.parse({
    range: 'forever',
    area: 'memory',
    action: 'memory stored',
    actor_kind: 'ghost',
    ip: 'localhost',
    entry: '0',
  })
  expect(search).toEqual({ area: 'memory' })
  expect(isNarrowed(search)).toBe(true)
  expect(isNarrowed(auditSearch.parse({ entry: '7' }))).toBe(false)
})

test('days that were picked are whole, and take the place of the range', () => {
  expect(conditionsOf({ range: '7d', area: 'memory', entry: '3' })).toEqual({ range: '7d', area: 'memory' })
  const { from, to, range } = conditionsOf({ range: '7d', from: '2026-11-01', to: '2026-11-01' })
  expect(range).toBeUndefined()
  expect(dayOf(new Date(from as string))).toBe('2026-11-01')
  expect(Date.parse(to as string) - Date.parse(from as string)).toBe(24 * 3600 * 1000)
  expect(conditionsOf({ to: '2026-11-01' })).toEqual({ to: expect.any(String) })
})
