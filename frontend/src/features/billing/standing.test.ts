import { expect, test } from 'vitest'
import { subscribed, subscription } from '@/testing/billing'
import { isPaymentMissing, isSubscribed, standingsOf } from './standing'

const NOW = new Date('2026-11-28T12:00:00Z')
const kinds = (...given: Parameters<typeof subscribed>) =>
  standingsOf(subscribed(...given), NOW).map(({ kind }) => kind)

test.each([
  ['active', {}, ['active']],
  ['trialing', { status: 'trialing', trial_ends_at: '2026-12-05T00:00:00Z' }, ['trial']],
  ['cancelled', { cancel_at_period_end: true }, ['cancels']],
  [
    'a cancelled trial',
    { status: 'trialing', trial_ends_at: '2026-12-05T00:00:00Z', cancel_at_period_end: true },
    ['cancels'],
  ],
  ['past due in grace', { status: 'past_due', grace_ends_at: '2026-12-01T00:00:00Z' }, ['grace']],
  ['past due after it', { status: 'past_due', grace_ends_at: '2026-11-27T00:00:00Z' }, ['graceOver']],
  ['past due without any', { status: 'past_due', grace_ends_at: null }, ['graceOver']],
  ['unpaid', { status: 'unpaid' }, ['unpaid']],
  ['ended', { status: 'canceled', cancel_at_period_end: true }, ['ended']],
  ['paused', { status: 'paused' }, ['paused']],
  [
    'past due and cancelled',
    { status: 'past_due', grace_ends_at: '2026-12-01T00:00:00Z', cancel_at_period_end: true },
    ['grace', 'cancels'],
  ],
] as const)('%s', (_name, changes, expected) => {
  expect(kinds(changes)).toEqual(expected)
})

test('what is given comes without "free", and beside what is paid', () => {
  const override = { plan: { code: 'professional', name: 'Professional' }, reason: 'pilot', ends_at: null }
  expect(standingsOf(subscription({ override }), NOW)).toEqual([{ kind: 'given', until: null, reason: 'pilot' }])
  expect(kinds({ override, cancel_at_period_end: true })).toEqual(['given', 'cancels'])
  expect(standingsOf(subscription(), NOW)).toEqual([{ kind: 'free' }])
})

test('who can change a plan has one', () => {
  expect(isSubscribed(subscription())).toBe(false)
  expect(isSubscribed(subscription({ status: 'incomplete' }))).toBe(false)
  expect(isSubscribed(subscription({ status: 'canceled' }))).toBe(false)
  expect(isSubscribed(subscribed({ status: 'past_due' }))).toBe(true)
  expect(isPaymentMissing(subscribed({ status: 'unpaid' }))).toBe(true)
  expect(isPaymentMissing(subscribed())).toBe(false)
})
