import { expect, test } from 'vitest'
import { parseSearch, stringifySearch } from './search-params'

test('addresses are written as people write them, and read back', () => {
  const search = { q: '12', type: ['note', 'decision'], cursor: undefined, peek: '' }
  expect(stringifySearch(search)).toBe('?q=12&type=note&type=decision')
  expect(parseSearch('?q=12&type=note&type=decision')).toEqual({ q: '12', type: ['note', 'decision'] })
  expect(stringifySearch({})).toBe('')
})
