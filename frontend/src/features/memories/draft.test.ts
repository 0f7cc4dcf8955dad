import { expect, test } from 'vitest'
import { memory } from '@/testing/memory'
import { changesOf, draftOf, flaws, isDirty, metadataOf, rebase } from './draft'

const stored = { ...memory(1), metadata: { shop: 'harbour', open: true } }

test('metadata are a JSON object', () => {
  expect(metadataOf('{"a": [1]}')).toEqual({ a: [1] })
  expect(metadataOf('  ')).toEqual({})
  for (const text of ['[]', 'null', '1', '"a"', '{a: 1}', '{']) expect(metadataOf(text)).toBeNull()
})

test('what cannot be saved is named by its field', () => {
  expect(flaws(draftOf(stored))).toEqual([])
  expect(flaws({ content: ' \n', memory_type: 'Customer voice', metadata: '[' })).toEqual([
    'content',
    'memory_type',
    'metadata',
  ])
})

test('only what differs is sent', () => {
  const draft = draftOf(stored)
  expect(changesOf(draft, stored)).toEqual({})
  expect(changesOf({ ...draft, metadata: '{"shop":"harbour","open":true}' }, stored)).toEqual({})
  expect(changesOf({ ...draft, metadata: '{}' }, stored)).toEqual({ metadata: {} })
  expect(changesOf({ ...draft, content: 'Other' }, stored)).toEqual({ content: 'Other' })
})

test('a newer revision keeps what was typed and brings the rest', () => {
  const mine = { ...draftOf(stored), content: 'Mine' }
  const theirs = { ...stored, content: 'Theirs', memory_type: 'decision' }
  const draft = rebase(mine, stored, theirs)
  expect(draft).toEqual({ ...mine, memory_type: 'decision' })
  expect(changesOf(draft, theirs)).toEqual({ content: 'Mine' })
  expect(isDirty(rebase(draftOf(stored), stored, theirs), theirs)).toBe(false)
})
