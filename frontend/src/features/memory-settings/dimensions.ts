/** Dimensions while they are being written. */
import type { Schemas } from '@/api/client'

export type Dimension = Schemas['DimensionInputRequest']
/** A dimension of the form; its key stays while its name is typed. */
export type Row = Dimension & { key: number }
export type Flaw = 'badName' | 'twice' | 'shortDescription'
export type RowFlaws = { name?: Flaw; description?: Flaw }

/** What the API takes. */
export const MOST_DIMENSIONS = 16
export const LONGEST_DESCRIPTION = 300
const SHORTEST_DESCRIPTION = 3
const NAME = /^[a-z][a-z0-9_]{0,49}$/

/** A name as the API writes it: `Cost efficiency` is `cost_efficiency`. */
export function asName(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_')
}

export function rowsOf(dimensions: Dimension[]): Row[] {
  return dimensions.map((dimension, key) => ({ ...dimension, key }))
}

export function blankRow(rows: Row[]): Row {
  return { key: Math.max(-1, ...rows.map(({ key }) => key)) + 1, name: '', description: '' }
}

export function dimensionsOf(rows: Row[]): Dimension[] {
  return rows.map(({ name, description }) => ({ name: asName(name), description: description.trim() }))
}

/** What cannot be saved, in the order of the rows; a row without a flaw has an empty entry. */
export function flawsOf(rows: Row[]): RowFlaws[] {
  const dimensions = dimensionsOf(rows)
  return dimensions.map(({ name, description }, place) => ({
    ...(!NAME.test(name)
      ? { name: 'badName' }
      : dimensions.findIndex((one) => one.name === name) < place && { name: 'twice' }),
    ...(description.length < SHORTEST_DESCRIPTION && { description: 'shortDescription' }),
  }))
}

export function isChanged(rows: Row[], stored: Dimension[]): boolean {
  return JSON.stringify(dimensionsOf(rows)) !== JSON.stringify(dimensionsOf(rowsOf(stored)))
}
