import { expect, test } from 'vitest'
import { ACCOUNT } from '@/testing/render'
import { isOpenTo, settingsFor, settingsItemAt } from './settings-nav'

const ids = (permissions: string[]) =>
  settingsFor({ ...ACCOUNT, permissions }).flatMap((section) => section.items.map((item) => item.id))

test('everybody has an account; the rest takes its permission', () => {
  expect(settingsFor({ ...ACCOUNT, permissions: [] }).map((section) => section.id)).toEqual(['account'])
  expect(ids(['members:read'])).toEqual(expect.arrayContaining(['members', 'roles']))
  expect(ids(['members:read'])).not.toContain('apiKeys')
  expect(ids(['keys:read'])).toContain('apiKeys')
  expect(ids(['billing:read'])).toEqual(expect.arrayContaining(['plan', 'usage', 'invoices']))
  expect(ids(['org:read'])).not.toContain('plan')
  expect(ids(['webhooks:read'])).toContain('webhooks')
  expect(ids(['webhooks:read'])).not.toContain('audit')
  expect(ids(['audit:read'])).toContain('audit')
})

test('a path is known whether it is open or not', () => {
  const item = settingsItemAt('/acme/settings/api-keys')
  expect(item?.id).toBe('apiKeys')
  expect(item && isOpenTo({ ...ACCOUNT, permissions: [] }, item)).toBe(false)
  expect(settingsItemAt('/acme/settings/nothing')).toBeUndefined()
  expect(settingsItemAt('/acme/settings/usage/ledger')?.id).toBe('usage')
  expect(settingsItemAt('/acme/settings/invoices/in_1')?.id).toBe('invoices')
  expect(settingsItemAt('/settings/settings/usages')).toBeUndefined()
})
