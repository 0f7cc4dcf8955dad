import type { Profile, Standing } from './queries'

export type Placed = { memoryId: string; standing: Standing }

/** The memories on one dimension, the highest first. */
export function placedOn(dimension: string, profiles: Profile[]): Placed[] {
  return profiles
    .flatMap(({ memory_id, dimensions }) => {
      const standing = dimensions.find(({ name }) => name === dimension)
      return standing ? [{ memoryId: memory_id, standing }] : []
    })
    .sort((one, other) => other.standing.coordinate - one.standing.coordinate)
}

export function meanOf(placed: Placed[]): number | null {
  if (placed.length === 0) return null
  return placed.reduce((sum, { standing }) => sum + standing.coordinate, 0) / placed.length
}
