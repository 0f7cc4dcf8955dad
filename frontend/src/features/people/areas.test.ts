import { expect, test } from 'vitest'
import { groupsOf } from './areas'

const row = (permission: string, area: string, module: string | null = null) => ({
  permission,
  area,
  module,
  description: '',
  held: true,
})

test('permissions stand together by area, and those of modules at the end', () => {
  const groups = groupsOf([
    row('demo:read', 'Demo', 'demo'),
    row('org:read', 'organisation'),
    row('memory:read', 'memory'),
    row('org:write', 'organisation'),
  ])
  expect(groups.map(({ area, module, rows }) => [area, module, rows.length])).toEqual([
    ['organisation', null, 2],
    ['memory', null, 1],
    ['Demo', 'demo', 1],
  ])
})
