/**
 * A module's `config_schema` as fields of a form. Forms show flat objects of texts, numbers, yes and no, and choices; what
 * else a schema holds keeps its value, and can be changed over the API alone.
 */
import type { Config } from './queries'

type Common = { name: string; title: string; description: string; isRequired: boolean; initial: unknown }
export type Field =
  | (Common & { kind: 'text' })
  | (Common & { kind: 'boolean' })
  | (Common & { kind: 'number'; isWhole: boolean })
  | (Common & { kind: 'choice'; options: (string | number)[] })

/** What stands in the form: a text as it is typed, or a tick. */
export type Values = Record<string, string | boolean>
export type Mistake = 'missing' | 'notANumber' | 'notWhole'

type Schema = Record<string, unknown>

/** Returns the fields in the order of the schema, and the names of the properties that no form can show. */
export function fieldsOf(schema: Schema): { fields: Field[]; others: string[] } {
  const required = Array.isArray(schema.required) ? schema.required : []
  const fields: Field[] = []
  const others: string[] = []
  for (const [name, property] of Object.entries(isObject(schema.properties) ? schema.properties : {})) {
    const field = isObject(property) ? fieldOf(name, property, required.includes(name)) : null
    if (field) fields.push(field)
    else others.push(name)
  }
  return { fields, others }
}

function fieldOf(name: string, property: Schema, isRequired: boolean): Field | null {
  const common = {
    name,
    title: typeof property.title === 'string' ? property.title : name,
    description: typeof property.description === 'string' ? property.description : '',
    isRequired,
    initial: property.default,
  }
  if (Array.isArray(property.enum)) {
    const options = property.enum.filter((one) => typeof one === 'string' || typeof one === 'number')
    return options.length === property.enum.length ? { ...common, kind: 'choice', options } : null
  }
  switch (property.type) {
    case 'string':
      return { ...common, kind: 'text' }
    case 'integer':
    case 'number':
      return { ...common, kind: 'number', isWhole: property.type === 'integer' }
    case 'boolean':
      return { ...common, kind: 'boolean' }
    default:
      return null
  }
}

/** Returns what the form begins with: what is stored, else the schema's defaults. */
export function valuesOf(fields: Field[], stored: Config): Values {
  return Object.fromEntries(
    fields.map(({ name, kind, initial }) => {
      const value = stored[name] ?? initial
      return [name, kind === 'boolean' ? value === true : value === undefined || value === null ? '' : String(value)]
    }),
  )
}

/** Returns what is to be stored; an empty field is left out, and what the form does not show stays as it is. */
export function configOf(fields: Field[], values: Values, stored: Config): Config {
  const shown = new Set(fields.map(({ name }) => name))
  const kept = Object.entries(stored).filter(([name]) => !shown.has(name))
  const typed = fields.flatMap((field): [string, unknown][] => {
    const value = values[field.name]
    return value === '' || value === undefined ? [] : [[field.name, typedValue(field, value)]]
  })
  return Object.fromEntries([...kept, ...typed])
}

function typedValue(field: Field, value: string | boolean): unknown {
  if (field.kind === 'number') return Number(value)
  if (field.kind === 'choice') return field.options.find((one) => String(one) === value)
  return value
}

/** Finds what the server need not be asked for: the module's schema judges the rest there. */
export function mistakesOf(fields: Field[], values: Values): Record<string, Mistake> {
  const found: Record<string, Mistake> = {}
  for (const field of fields) {
    const value = values[field.name]
    if (value === '') {
      if (field.isRequired) found[field.name] = 'missing'
    } else if (field.kind === 'number') {
      // What is blank would be read as 0.
      if (!String(value).trim() || !Number.isFinite(Number(value))) found[field.name] = 'notANumber'
      else if (field.isWhole && !Number.isInteger(Number(value))) found[field.name] = 'notWhole'
    }
  }
  return found
}

/** Returns the name of the property that a JSON pointer leads to or into; the empty one is the whole. */
export function propertyAt(pointer: string): string {
  return (pointer.split('/')[1] ?? '').replaceAll('~1', '/').replaceAll('~0', '~')
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
