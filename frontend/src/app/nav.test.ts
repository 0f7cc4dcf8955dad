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

test('who may see nothing has no sections', () => {
  expect(navFor({ ...ACCOUNT, permissions: [] })).toEqual([])
})

test('every page has a key of its own', () => {
  const keys = NAV.flatMap((section) => section.items.map((item) => item.key))
  expect(new Set(keys).size).toBe(keys.length)
})
