import { expect, test } from 'vitest'
import { addressesOf } from './addresses'

test('addresses are read as people paste them, each once', () => {
  const text = 'ada@example.com, Bob Ray <Bob@example.com>;\n\ncy@example.com dee@example.com\nada@example.com'
  expect(addressesOf(text)).toEqual({
    emails: ['ada@example.com', 'bob@example.com', 'cy@example.com', 'dee@example.com'],
    wrong: [],
  })
})

test('what is no address is named', () => {
  expect(addressesOf('ada@example, someone; x@y.zz')).toEqual({ emails: ['x@y.zz'], wrong: ['ada@example', 'someone'] })
  expect(addressesOf('  ')).toEqual({ emails: [], wrong: [] })
})
