import { expect, test } from 'vitest'
import { ACCOUNT } from '@/testing/render'
import { isOpenTo, NAV, type NavItem, navFor } from './nav'

const page = NAV[0]?.items[0] as NavItem

test('a page is open to who has its permission and a plan that includes it', () => {
  expect(isOpenTo(ACCOUNT, page)).toBe(true)
  expect(isOpenTo({ ...ACCOUNT, permissions: [] }, page)).toBe(false)
  expect(isOpenTo(ACCOUNT, { ...page, plans: ['team'] })).toBe(false)
  expect(isOpenTo({ ...ACCOUNT, subscription_tier: 'team' }, { ...page, plans: ['team'] })).toBe(true)
})

test('who may see nothing still has the settings: the account is everybody’s own', () => {
  const ids = navFor({ ...ACCOUNT, permissions: [] }).flatMap((section) => section.items.map((item) => item.id))
  expect(ids).toEqual(['settings'])
})

test('every page has a key of its own', () => {
  const keys = NAV.flatMap((section) => section.items.map((item) => item.key))
  expect(new Set(keys).size).toBe(keys.length)
})
