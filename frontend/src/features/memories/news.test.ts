import { expect, test } from 'vitest'
import { memory } from '@/testing/memory'
import { newsOf } from './news'
import type { MemoryPage } from './queries'

function page(numbers: number[], total = numbers.length, next: string | null = null): MemoryPage {
  return { results: numbers.map(memory), total, next }
}

test('new memories stand on top of what is shown, and push others away', () => {
  expect(newsOf(page([3, 2, 1]), page([3, 2, 1]), true)).toEqual({ added: 0, changed: 0 })
  expect(newsOf(page([3, 2, 1], 9, 'x'), page([5, 4, 3], 11, 'x'), true)).toEqual({ added: 2, changed: 0 })
  // A whole page of them, and more.
  expect(newsOf(page([2, 1], 2), page([9, 8], 9, 'x'), true)).toEqual({ added: 7, changed: 0 })
  expect(newsOf(page([]), page([1]), true)).toEqual({ added: 1, changed: 0 })
})

test('what was revised or taken away has changed', () => {
  const revised = page([3, 2, 1])
  revised.results[1] = { ...memory(2), revision: 2 }
  expect(newsOf(page([3, 2, 1]), revised, true)).toEqual({ added: 0, changed: 1 })
  expect(newsOf(page([3, 2, 1]), page([3, 1]), true)).toEqual({ added: 0, changed: 1 })
  expect(newsOf(page([4, 3, 2], 5, 'x'), page([5, 4, 2], 5, 'x'), true)).toEqual({ added: 1, changed: 1 })
  // Another one rises from the next page.
  expect(newsOf(page([4, 3, 2], 5, 'x'), page([4, 2, 1], 4, 'x'), true)).toEqual({ added: 0, changed: 1 })
})

test('in other orders only their number tells of new ones', () => {
  expect(newsOf(page([1, 2, 3]), page([0, 1, 2], 4, 'x'), false)).toEqual({ added: 1, changed: 0 })
})
