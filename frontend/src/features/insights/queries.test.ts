import { expect, test } from 'vitest'
import { areThemesPending, type Insights } from './queries'

const of = (clusters_pending: boolean, clusters_as_of: number | null, total_memories: number) =>
  areThemesPending({ clusters_pending, clusters_as_of, total_memories } as Insights)

test('themes are waited for while they are computed, and when they never were though there is enough', () => {
  expect(of(true, 3, 50)).toBe(true)
  expect(of(false, null, 50)).toBe(true)
  expect(of(false, null, 1)).toBe(false)
  expect(of(false, 3, 50)).toBe(false)
  expect(areThemesPending(undefined)).toBe(false)
})
