import { expect, test } from 'vitest'
import { configOf, fieldsOf, mistakesOf, propertyAt, valuesOf } from './config-schema'

const SCHEMA = {
  type: 'object',
  required: ['greeting'],
  properties: {
    greeting: { type: 'string', title: 'Greeting', default: 'Hello' },
    days: { type: 'integer' },
    share: { type: 'number' },
    is_loud: { type: 'boolean' },
    level: { enum: [1, 2] },
    shops: { type: 'array', items: { type: 'string' } },
  },
}

test('flat properties become fields, and the others are named', () => {
  const { fields, others } = fieldsOf(SCHEMA)
  expect(fields.map(({ name, kind, title }) => [name, kind, title])).toEqual([
    ['greeting', 'text', 'Greeting'],
    ['days', 'number', 'days'],
    ['share', 'number', 'share'],
    ['is_loud', 'boolean', 'is_loud'],
    ['level', 'choice', 'level'],
  ])
  expect(others).toEqual(['shops'])
  expect(fieldsOf({})).toEqual({ fields: [], others: [] })
})

test('the form begins with what is stored, else with defaults', () => {
  const { fields } = fieldsOf(SCHEMA)
  expect(valuesOf(fields, { days: 0, is_loud: true })).toEqual({
    greeting: 'Hello',
    days: '0',
    share: '',
    is_loud: true,
    level: '',
  })
})

test('what is typed becomes what the schema wants, and what is not shown stays', () => {
  const { fields } = fieldsOf(SCHEMA)
  const values = { greeting: 'Good day', days: '7', share: '', is_loud: false, level: '2' }
  const stored = { shops: ['harbour'], share: 0.5 }
  expect(configOf(fields, values, stored)).toEqual({
    shops: ['harbour'],
    greeting: 'Good day',
    days: 7,
    is_loud: false,
    level: 2,
  })
})

test('what no server is needed to see is found here', () => {
  const { fields } = fieldsOf(SCHEMA)
  const values = { greeting: '', days: '1.5', share: ' ', is_loud: false, level: '' }
  expect(mistakesOf(fields, values)).toEqual({ greeting: 'missing', days: 'notWhole', share: 'notANumber' })
})

test('a pointer names its property', () => {
  expect(propertyAt('/days')).toBe('days')
  expect(propertyAt('/a~1b/0')).toBe('a/b')
  expect(propertyAt('')).toBe('')
})
