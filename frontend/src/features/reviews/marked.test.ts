import { expect, test } from 'vitest'
import { piecesOf } from './marked'

test('values stand out in their sentences, and nothing of the text is lost', () => {
  const text = 'News. The discount is 20%. Bye.'
  const pieces = piecesOf(text, [{ sentence: [6, 26], value: [22, 25] }])
  expect(pieces).toEqual([
    { text: 'News. ', mark: 'none' },
    { text: 'The discount is ', mark: 'sentence' },
    { text: '20%', mark: 'value' },
    { text: '.', mark: 'sentence' },
    { text: ' Bye.', mark: 'none' },
  ])
})

test('places count characters, not halves of them', () => {
  const pieces = piecesOf('😀 fee 5%', [{ sentence: [0, 8], value: [6, 8] }])
  expect(pieces.map(({ text }) => text)).toEqual(['😀 fee ', '5%'])
})

test('a sentence that is all that differs is marked as one', () => {
  expect(piecesOf('This replaces EXP-1.', [{ sentence: [0, 20], value: [0, 20] }])).toEqual([
    { text: 'This replaces EXP-1.', mark: 'sentence' },
  ])
})

test('without places a text is one piece, and an empty one none', () => {
  expect(piecesOf('Tea.', [])).toEqual([{ text: 'Tea.', mark: 'none' }])
  expect(piecesOf('', [])).toEqual([])
})
