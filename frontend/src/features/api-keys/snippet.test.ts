import { expect, test } from 'vitest'
import { curlOf } from './snippet'

test('the command holds the key, and asks for what it may read', () => {
  expect(curlOf('lift_live_x', ['memory:read', 'memory:write'], 'https://lift.example')).toBe(
    "curl -H 'X-API-Key: lift_live_x' 'https://lift.example/api/v1/memory?limit=5'",
  )
  expect(curlOf('lift_live_x', ['modules:read'], 'https://lift.example')).toContain('/api/v1/modules')
})
