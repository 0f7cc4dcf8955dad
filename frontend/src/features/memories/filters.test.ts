import { expect, test } from 'vitest'
import { conditionsOf, memoriesSearch } from './filters'

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
