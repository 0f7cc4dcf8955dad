import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test } from 'vitest'
import type { Account } from '@/api/account'
import { answerBilling, quota, subscribed } from '@/testing/billing'
import { ACCOUNT, renderPage } from '@/testing/render'
import BillingBanner from './billing-banner'
import QuotaMeter from './quota-meter'

const VIEWER: Account = { ...ACCOUNT, permissions: ['billing:read'] }
const OWNER: Account = { ...ACCOUNT, permissions: ['billing:read', 'billing:write'] }
const near = quota({ used: 850, state: 'near' })
const full = quota({ meter: 'memory_bytes', used: 100, limit: 100, state: 'reached', resets_at: null })
const of = (...results: ReturnType<typeof quota>[]) => ({ quotas: { results, as_of: '' } })

afterEach(() => localStorage.clear())

test('the meter shows what is nearest to its limit, and leads to the usage', async () => {
  answerBilling(
    of(quota(), quota({ meter: 'memory_bytes', unit: 'bytes', used: 9 * 1024 ** 3, limit: 10 * 1024 ** 3 })),
  )
  renderPage(<QuotaMeter />, '/acme', VIEWER)
  const link = await screen.findByRole('link', { name: 'Memory: 9 GB of 10 GB. Show the usage' })
  expect(link).toHaveAttribute('href', '/acme/settings/usage')
})

test('without any limit there is no meter', async () => {
  answerBilling(of(quota({ limit: null })))
  renderPage(
    <>
      <p>page</p>
      <QuotaMeter />
    </>,
    '/acme',
    VIEWER,
  )
  await screen.findByText('page')
  expect(screen.queryByRole('link')).toBeNull()
})

test('a missing payment is said to everybody, and can be paid by those who may', async () => {
  answerBilling({
    subscription: subscribed({ status: 'past_due', grace_ends_at: '2999-12-01T12:00:00Z' }),
    ...of(full),
  })
  renderPage(<BillingBanner />, '/acme', OWNER)
  expect(
    await screen.findByText(
      'The last payment has failed. Your plan goes on until 1 December 2999; please pay by then.',
    ),
  ).toBeVisible()
  expect(screen.getByRole('button', { name: 'Pay' })).toBeVisible()
  expect(screen.queryByText(/^Memory/)).toBeNull()
})

test('who may not pay is told who can', async () => {
  answerBilling({ subscription: subscribed({ status: 'past_due', grace_ends_at: null }) })
  renderPage(<BillingBanner />, '/acme', VIEWER)
  expect(await screen.findByText(/the limits of Starter hold\. An owner or an administrator can pay\.$/)).toBeVisible()
  expect(screen.queryByRole('button')).toBeNull()
})

test('a limit that is near is said once in its period, and again when it is reached', async () => {
  answerBilling(of(near))
  renderPage(<BillingBanner />, '/acme', OWNER)
  expect(await screen.findByText('API calls: more than 80 % of your plan are used.')).toBeVisible()
  expect(screen.getByRole('link', { name: 'See the plans' })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Close this notice' }))
  await waitFor(() => expect(screen.queryByText(/^API calls/)).toBeNull())
  expect(localStorage.getItem('lift.closed-notices')).toBe('["acme api_calls near 2026-12-01T00:00:00Z"]')
})

test('what was closed stays closed; what is reached comes before what is near', async () => {
  localStorage.setItem('lift.closed-notices', '["acme api_calls near 2026-12-01T00:00:00Z"]')
  answerBilling(of({ ...near, state: 'reached' }, full, quota({ meter: 'llm_tokens', state: 'near' })))
  renderPage(<BillingBanner />, '/acme', VIEWER)
  expect(
    await screen.findByText(
      /^API calls and Memory: limits of your plan are reached\. More is refused\. An owner or an administrator/,
    ),
  ).toBeVisible()
})

test('full seats are no news', async () => {
  answerBilling(of(quota({ meter: 'users', used: 2, limit: 2, state: 'reached' }), quota({ state: 'near' })))
  renderPage(<BillingBanner />, '/acme', VIEWER)
  expect(await screen.findByText(/^API calls: more than/)).toBeVisible()
  expect(screen.queryByText(/Members/)).toBeNull()
})
