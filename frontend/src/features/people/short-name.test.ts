import { expect, test } from 'vitest'
import { nameOf } from './short-name'

test.each([
  ['Support Team', 'support-team'],
  ['Équipe d’été', 'equipe-d-ete'],
  ['  2nd line! ', 'nd-line'],
  ['日本', 'role'],
])('%s is known to programs as %s', (title, name) => {
  expect(nameOf(title)).toBe(name)
})
