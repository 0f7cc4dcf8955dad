import { expect, test } from 'vitest'
import { asName, blankRow, dimensionsOf, flawsOf, isChanged, rowsOf } from './dimensions'

const stored = [
  { name: 'urgency', description: 'How soon something is due' },
  { name: 'mood', description: 'How people feel about it' },
]

test('a name is written as the API has it', () => {
  expect(asName(' Cost efficiency ')).toBe('cost_efficiency')
  expect(asName('Re-use')).toBe('re_use')
})

test('what cannot be saved stands at its row', () => {
  expect(flawsOf(rowsOf(stored))).toEqual([{}, {}])
  const rows = rowsOf([...stored, { name: 'Urgency', description: 'ab' }, { name: '2nd', description: 'The second' }])
  expect(flawsOf(rows)).toEqual([{}, {}, { name: 'twice', description: 'shortDescription' }, { name: 'badName' }])
})

test('keys stay apart when rows come and go', () => {
  const rows = rowsOf(stored).slice(1)
  const next = [...rows, blankRow(rows)]
  expect(new Set(next.map(({ key }) => key)).size).toBe(2)
  expect(blankRow([]).key).toBe(0)
})

test('other letters of the same name are no change', () => {
  const rows = rowsOf(stored)
  expect(isChanged(rows, stored)).toBe(false)
  expect(
    isChanged(
      rows.map((row) => ({ ...row, name: row.name.toUpperCase() })),
      stored,
    ),
  ).toBe(false)
  expect(isChanged(rows.slice(1), stored)).toBe(true)
  expect(dimensionsOf(rows)).toEqual(stored)
})
