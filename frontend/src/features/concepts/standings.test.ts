import { expect, test } from 'vitest'
import type { Profile } from './queries'
import { meanOf, placedOn } from './standings'

function profile(memoryId: string, coordinates: Record<string, number>): Profile {
  return {
    memory_id: memoryId,
    revision: 1,
    sentences: 1,
    sentences_read: 1,
    dimensions: Object.entries(coordinates).map(([name, coordinate]) => ({
      name,
      description: '',
      coordinate,
      sentences: [],
    })),
  }
}

test('memories stand in the order of the dimension; those without it are left out', () => {
  const placed = placedOn('reach', [profile('a', { reach: 0.2 }), profile('b', { reach: 0.8 }), profile('c', {})])
  expect(placed.map(({ memoryId }) => memoryId)).toEqual(['b', 'a'])
  expect(meanOf(placed)).toBeCloseTo(0.5)
  expect(meanOf([])).toBeNull()
})
