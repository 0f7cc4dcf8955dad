import { expect, test } from 'vitest'
import { wordDiff } from './word-diff'

const of = (pieces: ReturnType<typeof wordDiff>, ...kinds: string[]) =>
  pieces
    .filter(({ kind }) => kinds.includes(kind))
    .map(({ text }) => text)
    .join('')

test.each([
  ['The price rose in March.', 'The price fell in late March.'],
  ['One line\n\n  and another ', 'One line\nand yet another'],
  ['', 'A first text'],
  ['All of it goes', ''],
  ['  spaces around ', 'spaces around'],
  ['a b c d', 'd c b a'],
])('what stayed and went makes the old text, what stayed and came the new one', (before, after) => {
  const pieces = wordDiff(before, after)
  expect(of(pieces, 'same', 'gone')).toBe(before)
  expect(of(pieces, 'same', 'new')).toBe(after)
})

test('only what differs is marked', () => {
  const pieces = wordDiff('The price rose in March.', 'The price fell in March.')
  expect(pieces.map(({ text, kind }) => [text.trim(), kind])).toEqual([
    ['The price', 'same'],
    ['rose', 'gone'],
    ['fell', 'new'],
    ['in March.', 'same'],
  ])
})

test('long texts that have nothing in common are told as replaced', () => {
  const before = Array.from({ length: 3000 }, (_, number) => `a${number}`).join(' ')
  const after = Array.from({ length: 3000 }, (_, number) => `b${number}`).join(' ')
  expect(wordDiff(before, after).map(({ kind }) => kind)).toEqual(['gone', 'new'])
})
