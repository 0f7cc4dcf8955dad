import { expect, test } from 'vitest'
import { excerptOf } from './excerpt'

const why = (matched_terms: string[]) => ({ matched_terms, entities: [], entity_path: [], dimensions: [] })
const marked = (pieces: ReturnType<typeof excerptOf>) => pieces.filter((one) => one.isMarked).map((one) => one.text)
const text = (pieces: ReturnType<typeof excerptOf>) => pieces.map((one) => one.text).join('')

test('the passage is shown, with the words that it shares in any ending', () => {
  const content = 'Before. Prices rose; the price was tested in March. After.'
  const pieces = excerptOf({
    content,
    spans: [{ start: 8, end: 51, page: null, line: null }],
    why: why(['pricing', 'march']),
  })
  expect(text(pieces)).toBe('Prices rose; the price was tested in March.')
  expect(marked(pieces)).toEqual(['Prices', 'price', 'March'])
})

test('a long passage is cut around the first word that it shares', () => {
  const content = `${'nothing here '.repeat(60)}the lighthouse ${'and so on '.repeat(60)}`
  const pieces = excerptOf({ content, spans: [], why: why(['lighthouse']) })
  expect(text(pieces).length).toBeLessThan(440)
  expect(text(pieces)).toMatch(/^… .*lighthouse.* …$/)
  expect(marked(pieces)).toEqual(['lighthouse'])
})

test('without words in common the beginning is shown', () => {
  const pieces = excerptOf({ content: 'A text. '.repeat(100), spans: [], why: null })
  expect(text(pieces)).toMatch(/^A text\. .* …$/)
  expect(marked(pieces)).toEqual([])
})
