import { expect, test } from 'vitest'
import { inside, nearest, pointsOf } from './places'

const points = pointsOf({
  x: [-1, 0, 0.5, 1],
  y: [-1, 0, 0.5, 1],
  cluster: [0, 0, 1, -1],
  memory_id: ['a', 'b', 'c', 'd'],
  clusters: [],
  total: 4,
  change: 1,
  pending: false,
})

test('the nearest point is found across cells, and only within the distance', () => {
  expect(nearest(points, 0.45, 0.45, 0.1)).toBe(2)
  expect(nearest(points, 0.01, -0.01, 0.05)).toBe(1)
  expect(nearest(points, 1.02, 1.02, 0.05)).toBe(3)
  expect(nearest(points, -0.5, 0.5, 0.1)).toBeNull()
})

test('a line holds the points inside it, be it bent', () => {
  const bent = [
    { x: -0.2, y: -0.2 },
    { x: 0.7, y: -0.2 },
    { x: 0.7, y: 0.7 },
    { x: 0.3, y: 0.7 },
    { x: 0.2, y: 0.2 },
    { x: -0.2, y: 0.2 },
  ]
  expect(inside(points, bent)).toEqual([1, 2])
  expect(inside(points, [])).toEqual([])
})
