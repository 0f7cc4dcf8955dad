import { expect, test } from 'vitest'

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

const files = import.meta.glob<Tree>('./*/*.json', { eager: true, import: 'default' })
const english = Object.keys(files).filter((file) => file.startsWith('./en/'))

test.each(english)('French says everything that English says: %s', (file) => {
  expect(shape(files[file.replace('./en/', './fr/')] as Tree)).toEqual(shape(files[file] as Tree))
})

test('no two parts have the same first key', () => {
  const keys = english.flatMap((file) => Object.keys(files[file] as Tree))
  expect(new Set(keys).size).toBe(keys.length)
})
