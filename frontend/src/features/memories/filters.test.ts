import { expect, test } from 'vitest'
import { conditionsOf, isNarrowed, memoriesSearch } from './filters'

test('a value of the address that means nothing is dropped', () => {
  const search = memoriesSearch.parse({
    q: 'tea',
    type: ['note', 'No; type'],
    source: 'shop',
    sort: 'content',
    range: '30 days',
    from: 'yesterday',
    state: 'gone',
    peek: '1',
    junk: 'x',
  })
  expect(JSON.parse(JSON.stringify(search))).toEqual({ q: 'tea', source: ['shop'] })
})

test('what a figure of the overview leads to', () => {
  const search = memoriesSearch.parse({ cluster: '3', hour: '0', entity: '01a20ee0-1e67-774c-a975-2b3cb4d1504d' })
  expect(conditionsOf(search)).toMatchObject({
    cluster: 3,
    hour_of_week: 0,
    entity_id: '01a20ee0-1e67-774c-a975-2b3cb4d1504d',
  })
  expect(isNarrowed(search)).toBe(true)
  expect(JSON.parse(JSON.stringify(memoriesSearch.parse({ cluster: 'x', hour: '168', entity: 'x' })))).toEqual({})
  expect(isNarrowed({ sort: 'source' })).toBe(false)
})

test('one value or several', () => {
  expect(memoriesSearch.parse({ type: 'note' }).type).toEqual(['note'])
  expect(memoriesSearch.parse({ type: ['note', 'decision'] }).type).toEqual(['note', 'decision'])
})

test('conditions as the API takes them: a length of time or its ends, not both', () => {
  const search = { range: '30d', from: '2026-01-01T00:00:00Z', type: ['note'], source: ['shop'] }
  expect(conditionsOf(search)).toEqual({
    q: undefined,
    range: '30d',
    filters: { memory_type: { in: ['note'] }, source: { in: ['shop'] } },
  })
  expect(conditionsOf({ from: search.from })).toMatchObject({ from: search.from, filters: undefined })
})
