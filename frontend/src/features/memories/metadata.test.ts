import { expect, test } from 'vitest'
import { changedMetadata } from './metadata'

test('only what differs is told, with nothing where there was or is nothing', () => {
  const before = { team: 'Harbour', shops: 2, tags: ['a', 'b'], kept: { deep: true } }
  const after = { team: 'Quay', tags: ['a', 'c'], kept: { deep: true }, street: 'Quay 7' }
  expect(changedMetadata(before, after)).toEqual([
    ['team', 'Harbour', 'Quay'],
    ['shops', '2', ''],
    ['tags', 'a, b', 'a, c'],
    ['street', '', 'Quay 7'],
  ])
})
