import { expect, test } from 'vitest'
import { eventType } from '@/testing/events'
import { areasOf, typesWith } from './areas'

const STORED = eventType('memory.stored', 'A text was remembered.')
const TRASHED = eventType('memory.trashed', 'A memory was moved to the trash.')
const JOINED = eventType('member.joined', 'A person became a member.')

test('types stand under what they are about, in their order', () => {
  expect(areasOf([STORED, JOINED, TRASHED])).toEqual([
    { area: 'memory', types: [STORED, TRASHED] },
    { area: 'member', types: [JOINED] },
  ])
})

test('a type is found by its name and by what is said about it, whatever the order of the words', () => {
  const all = [STORED, TRASHED, JOINED]
  expect(typesWith('', all)).toEqual(all)
  expect(typesWith('memory.', all)).toEqual([STORED, TRASHED])
  expect(typesWith(' Trash moved ', all)).toEqual([TRASHED])
  expect(typesWith('nothing', all)).toEqual([])
})
