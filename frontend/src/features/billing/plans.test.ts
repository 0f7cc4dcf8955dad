import { expect, test } from 'vitest'
import { PLANS, quota } from '@/testing/billing'
import { differenceOf, overLimits, yearlySaving } from './plans'
import type { Feature, Plan } from './types'

const [free, starter, professional, enterprise] = PLANS as [Plan, Plan, Plan, Plan]
const feature = (plan: Plan, code: string) => plan.features.find((one) => one.code === code) as Feature

test('a limit is more, less or the same; none is more than any', () => {
  expect(differenceOf(feature(professional, 'users'), starter)).toBe('more')
  expect(differenceOf(feature(free, 'users'), starter)).toBe('less')
  expect(differenceOf(feature(enterprise, 'users'), starter)).toBe('more')
  expect(differenceOf(feature(starter, 'users'), enterprise)).toBe('less')
  expect(differenceOf(feature(starter, 'users'), starter)).toBe('same')
  expect(differenceOf(feature(starter, 'users'), undefined)).toBe('same')
})

test('ten months for twelve save a sixth', () => {
  expect(yearlySaving(starter)).toBe(16)
  expect(yearlySaving(free)).toBe(0)
})

test('over a limit is what lasts, not what begins anew', () => {
  const held = [
    quota({ meter: 'users', used: 4 }),
    quota({ meter: 'modules', used: 1 }),
    quota({ meter: 'api_calls', used: 5000 }),
  ]
  expect(overLimits(free, held).map(({ feature: { code }, used }) => [code, used])).toEqual([['users', 4]])
  expect(overLimits(enterprise, held)).toEqual([])
})
