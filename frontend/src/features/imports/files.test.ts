import { expect, test } from 'vitest'
import { MAX_MEGABYTES, refusalOf } from './files'

function file(name: string, size: number) {
  const made = new File(['x'], name)
  Object.defineProperty(made, 'size', { value: size })
  return made
}

test('what the server would refuse is refused at once', () => {
  expect(refusalOf(file('notes.MD', 10))).toBeNull()
  expect(refusalOf(file('notes.csv', MAX_MEGABYTES * 1024 * 1024))).toBeNull()
  expect(refusalOf(file('notes.csv', MAX_MEGABYTES * 1024 * 1024 + 1))).toBe('size')
  expect(refusalOf(file('notes.txt', 0))).toBe('empty')
  expect(refusalOf(file('Report.PDF', 10))).toBeNull()
  expect(refusalOf(file('notes.doc', 10))).toBe('kind')
  expect(refusalOf(file('txt', 10))).toBe('kind')
})
