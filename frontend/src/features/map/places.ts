/** Finds points on the plane: those near a place, and those within a drawn line. */
import type { MemoryMap } from './queries'

const CELLS = 64

export type Points = {
  x: Float32Array
  y: Float32Array
  cluster: Int32Array
  ids: string[]
  cells: Map<number, number[]>
}

export function pointsOf(map: MemoryMap): Points {
  const points: Points = {
    x: Float32Array.from(map.x),
    y: Float32Array.from(map.y),
    cluster: Int32Array.from(map.cluster),
    ids: map.memory_id,
    cells: new Map(),
  }
  for (let place = 0; place < points.ids.length; place++) {
    const cell = cellOf(column(points.x[place] ?? 0), column(points.y[place] ?? 0))
    const others = points.cells.get(cell)
    if (others) others.push(place)
    else points.cells.set(cell, [place])
  }
  return points
}

// Places lie between -1 and 1.
function column(value: number) {
  return Math.min(CELLS - 1, Math.max(0, Math.floor(((value + 1) / 2) * CELLS)))
}
function cellOf(x: number, y: number) {
  return y * CELLS + x
}

/** The point nearest to a place, if one is within the distance. */
export function nearest(points: Points, x: number, y: number, within: number): number | null {
  let best: number | null = null
  let least = within * within
  for (let row = column(y - within); row <= column(y + within); row++) {
    for (let col = column(x - within); col <= column(x + within); col++) {
      for (const place of points.cells.get(cellOf(col, row)) ?? []) {
        const distance = ((points.x[place] ?? 0) - x) ** 2 + ((points.y[place] ?? 0) - y) ** 2
        if (distance <= least) {
          least = distance
          best = place
        }
      }
    }
  }
  return best
}

/** The points inside a closed line, by counting how often a ray crosses it. */
export function inside(points: Points, line: { x: number; y: number }[]): number[] {
  const found: number[] = []
  for (let place = 0; place < points.ids.length; place++) {
    const x = points.x[place] ?? 0
    const y = points.y[place] ?? 0
    let isInside = false
    let before = line.at(-1)
    for (const corner of line) {
      if (before && corner.y > y !== before.y > y) {
        const crossing = ((before.x - corner.x) * (y - corner.y)) / (before.y - corner.y) + corner.x
        if (x < crossing) isInside = !isInside
      }
      before = corner
    }
    if (isInside) found.push(place)
  }
  return found
}
