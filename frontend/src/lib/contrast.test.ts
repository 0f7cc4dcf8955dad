import { expect, test } from 'vitest'
import { BLACK, brandTokens, contrast, FOR_TEXT, readableOn, TO_BE_SEEN, textOn, WHITE } from './contrast'

const COLOURS = ['#000000', '#ffffff', '#ffff00', '#808080', '#777777', '#0a66c2', '#ff6600', '#123456', '#c0ffee']

test('black on white is the most there is', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21)
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2)
})

test('text can be read on every colour', () => {
  expect(textOn('#ffff00')).toBe(BLACK)
  expect(textOn('#123456')).toBe(WHITE)
  for (const colour of COLOURS) expect(contrast(textOn(colour), colour)).toBeGreaterThanOrEqual(FOR_TEXT)
})

test('a colour that reads well stays, another comes nearer to what does', () => {
  expect(readableOn('#123456', '#ffffff', FOR_TEXT)).toBe('#123456')
  expect(readableOn('#ffff00', '#ffffff', FOR_TEXT)).not.toBe('#ffff00')
})

test.each([true, false])('whatever a brand chooses, its pages can be read (dark: %s)', (isDark) => {
  const ground = isDark ? '#17191d' : '#f9fafb'
  for (const primary of COLOURS)
    for (const accent of COLOURS) {
      const tokens = brandTokens(primary, accent, isDark)
      expect(contrast(tokens['--on-accent'] as string, tokens['--accent'] as string)).toBeGreaterThanOrEqual(FOR_TEXT)
      expect(contrast(tokens['--accent'] as string, ground)).toBeGreaterThanOrEqual(TO_BE_SEEN)
      expect(contrast(tokens['--accent-text'] as string, ground)).toBeGreaterThanOrEqual(FOR_TEXT)
    }
})

test('without colours nothing is replaced', () => {
  expect(brandTokens(null, null, false)).toEqual({})
  expect(brandTokens('red', null, false)).toEqual({})
})
