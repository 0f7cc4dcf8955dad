import { expect, test } from 'vitest'
import en from './en.json'
import fr from './fr.json'

type Tree = { [key: string]: string | Tree }

/** Lists `path {argument} <tag>` of every message: what the code puts in must be there in each language. */
function shape(tree: Tree, path = ''): string[] {
  return Object.entries(tree).flatMap(([key, value]) => {
    const here = `${path}.${key}`
    if (typeof value !== 'string') return shape(value, here)
    const parts = new Set(value.match(/\{\w+(?=[,}])|<\w+>/g))
    return [[here, ...[...parts].sort()].join(' ')]
  })
}

test('French says everything that English says', () => {
  expect(shape(fr)).toEqual(shape(en))
})
