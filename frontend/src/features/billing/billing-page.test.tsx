import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { expect, test } from 'vitest'
import type { Account } from '@/api/account'
import { answerBilling, quota, subscribed, subscription } from '@/testing/billing'
import { ACCOUNT, renderPage } from '@/testing/render'
import { server } from '@/testing/server'
import { BillingPage } from './billing-page'

const VIEWER: Account = { ...ACCOUNT, permissions: ['billing:read'] }
const OWNER: Account = { ...ACCOUNT, permissions: ['billing:read', 'billing:write'] }
const PATH = '/acme/settings/billing'

const problem = (status: number, body: object) =>
  HttpResponse.json(body, { status, headers: { 'Content-Type': 'application/problem+json' } })

test('who may only read sees all and has nothing to change it with', async () => {
  answerBilling({ subscription: subscribed() })
  renderPage(<BillingPage />, PATH, VIEWER)
  expect(await screen.findByRole('heading', { name: 'Professional' })).toBeVisible()
  expect(screen.getByText('It renews on 10 December 2026 for $29 a month.')).toBeVisible()
  expect(screen.getByText('Visa ending in 4242, until 04/2030')).toBeVisible()
  expect(screen.queryByRole('button')).toBeNull()
  expect(await screen.findByRole('textbox', { name: 'E-mail for invoices' })).toBeDisabled()
})

test('the free plan says what stops, and a plan can be tried', async () => {
  answerBilling()
  let asked: unknown
  server.use(
    http.post('*/api/v1/billing/checkout', async ({ request }) => {
      asked = await request.json()
      return problem(503, { code: 'billing_unavailable', detail: 'Away.' })
    }),
  )
  renderPage(<BillingPage />, PATH, OWNER)
  expect(await screen.findByText('What stops at the limits of Free')).toBeVisible()
  await userEvent.click(screen.getByRole('radio', { name: 'Yearly, −16 %' }))
  expect(screen.getByText('$990')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Try Professional 14 days free' }))
  expect(await screen.findByText(/^The payment service cannot be reached/)).toBeVisible()
  expect(asked).toEqual({ plan: 'professional', interval: 'year', promotion_code: '' })
})

test('without the payment service use is still shown', async () => {
  answerBilling()
  server.use(
    http.get('*/api/v1/billing/subscription', () => problem(503, { code: 'billing_unavailable', detail: 'Away.' })),
  )
  renderPage(<BillingPage />, PATH, OWNER)
  expect(await screen.findByRole('meter', { name: 'API calls' })).toBeVisible()
  expect(await screen.findByRole('heading', { name: 'A part of Lift OS is away' })).toBeVisible()
})

test('a change says what it costs and what does not fit before it is made', async () => {
  answerBilling({
    subscription: subscribed(),
    quotas: { results: [quota({ meter: 'users', used: 4, limit: 5, period: 'total' })], as_of: '' },
  })
  server.use(
    http.post('*/api/v1/billing/subscription/preview', () =>
      HttpResponse.json({
        due_now_cents: 4667,
        credit_cents: 1933,
        next_amount_cents: 9900,
        next_at: '2026-12-10T12:00:00Z',
        currency: 'usd',
        lines: [{ description: 'Unused time on Starter', amount_cents: -1933 }],
        over_limit: [{ meter: 'users', name: 'Users', unit: 'people', used: 40, limit: 25 }],
      }),
    ),
    http.post('*/api/v1/billing/subscription/change', () =>
      problem(402, { code: 'payment_failed', detail: 'Your card was declined.' }),
    ),
  )
  renderPage(<BillingPage />, PATH, OWNER)
  // What a plan would not hold is said beside it, too.
  expect(await screen.findByText('Members: you have 4, it allows 2.')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Change to Professional' }))
  const dialog = within(await screen.findByRole('dialog', { name: 'Change to Professional' }))
  expect(await dialog.findByText('$46.67')).toBeVisible()
  expect(dialog.getByText('$19.33')).toBeVisible()
  expect(dialog.getByText('Next invoice, on 10 December 2026')).toBeVisible()
  expect(dialog.getByText('Members: 40, allowed are 25')).toBeVisible()
  await userEvent.click(dialog.getByRole('button', { name: 'Change to Professional' }))
  expect(await dialog.findByText(/^The card was refused, and nothing was changed/)).toBeVisible()
  // It is no limit of the plan: no plan lifts it.
  expect(dialog.queryByRole('link')).toBeNull()
})

test('cancelling says what holds then; a cancelled plan can be kept', async () => {
  answerBilling({ subscription: subscribed() })
  server.use(
    http.post('*/api/v1/billing/subscription/cancel', () =>
      HttpResponse.json(subscribed({ cancel_at_period_end: true })),
    ),
    http.get('*/api/v1/auth/me', () => HttpResponse.json(OWNER)),
  )
  renderPage(<BillingPage />, PATH, OWNER)
  await userEvent.click(await screen.findByRole('button', { name: 'Cancel the plan…' }))
  const dialog = within(await screen.findByRole('dialog'))
  expect(dialog.getByText('Starter stays until 10 December 2026; no further invoice comes.')).toBeVisible()
  expect(dialog.getByText('1,000 a month')).toBeVisible()
  await userEvent.click(dialog.getByRole('button', { name: 'Cancel the plan' }))
  expect(await screen.findByRole('button', { name: 'Keep the plan' })).toBeVisible()
  expect(screen.getByText(/^Starter is cancelled and stays until 10 December 2026/)).toBeVisible()
})

test('a return from paying asks until the plan is there, and says so once', async () => {
  answerBilling()
  let asked = 0
  server.use(
    http.post('*/api/v1/billing/subscription/refresh', () => {
      asked += 1
      return HttpResponse.json(asked > 1 ? subscribed() : subscription())
    }),
    http.get('*/api/v1/auth/me', () => HttpResponse.json(OWNER)),
  )
  const router = renderPage(<BillingPage />, `${PATH}?checkout=done`, OWNER)
  expect(await screen.findByText('Thank you. Your plan is on its way…')).toBeVisible()
  expect(await screen.findByText('You are on Starter now', {}, { timeout: 5000 })).toBeInTheDocument()
  await waitFor(() => expect(router.state.location.search).toEqual({}))
  expect(screen.queryByText('Thank you. Your plan is on its way…')).toBeNull()
})

test('a payment that was called off is said once', async () => {
  answerBilling()
  const router = renderPage(<BillingPage />, `${PATH}?checkout=cancelled`, OWNER)
  expect(await screen.findByText(/^The payment was called off/)).toBeVisible()
  await waitFor(() => expect(router.state.location.search).toEqual({}))
  await userEvent.click(screen.getByRole('button', { name: 'Close' }))
  expect(screen.queryByText(/^The payment was called off/)).toBeNull()
})

test('settings are saved with the state that was seen, and keep what was typed when it is another', async () => {
  answerBilling()
  let seen: { mark: string | null; body: unknown } | undefined
  server.use(
    http.patch('*/api/v1/billing/settings', async ({ request }) => {
      seen = { mark: request.headers.get('If-Match'), body: await request.json() }
      return problem(412, { code: 'precondition_failed', detail: 'Changed.' })
    }),
  )
  renderPage(<BillingPage />, PATH, OWNER)
  const limit = await screen.findByRole('textbox', { name: /^Most that use beyond/ })
  await userEvent.type(limit, '12x')
  expect(screen.getByText('Write an amount such as 50 or 49.90.')).toBeVisible()
  expect(screen.getByRole('button', { name: 'Save' })).toBeDisabled()
  await userEvent.clear(limit)
  await userEvent.type(limit, '12.50')
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  expect(await screen.findByText(/^Somebody else has changed this/)).toBeVisible()
  expect(seen).toEqual({ mark: '"1"', body: { spend_limit_cents: 1250 } })
  expect(limit).toHaveValue('12.50')
})

test('soft limits say what goes beyond them costs', async () => {
  answerBilling({
    subscription: subscribed(),
    quotas: {
      results: [
        quota({
          used: 12_000,
          limit: 10_000,
          projected: 15_000,
          enforcement: 'soft',
          state: 'reached',
          overage_cents: 80,
        }),
      ],
      as_of: '',
    },
  })
  renderPage(<BillingPage />, PATH, VIEWER)
  const meter = await screen.findByRole('meter', { name: 'API calls' })
  expect(meter).toHaveAttribute('aria-valuetext', '12,000 of 10,000. at this pace 15,000')
  expect([...meter.querySelectorAll('[data-part]')].map((part) => part.getAttribute('data-part'))).toEqual([
    'used',
    'over',
    'projectedOver',
  ])
  expect(screen.getByText('Above what is included; so far this costs $0.80.')).toBeVisible()
  expect(await screen.findByText('Beyond the limit: $0.40 for each 1,000.')).toBeVisible()
})
