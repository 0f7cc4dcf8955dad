import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http, type JsonBodyType } from 'msw'
import { expect, test } from 'vitest'
import type { Account } from '@/api/account'
import { listOf } from '@/testing/billing'
import { delivery, EVENT_TYPES, WEBHOOK_ID, webhook } from '@/testing/events'
import { ACCOUNT, renderPage } from '@/testing/render'
import { server } from '@/testing/server'
import type { Webhook } from './queries'
import { WebhookPage } from './webhook-page'
import { WebhooksPage } from './webhooks-page'

const ADMIN: Account = { ...ACCOUNT, permissions: ['webhooks:read', 'webhooks:write'] }
const VIEWER: Account = { ...ACCOUNT, permissions: ['webhooks:read'] }
const LIST = '/acme/settings/webhooks'
const ONE = `${LIST}/${WEBHOOK_ID}`

function answer(path: string, body: JsonBodyType) {
  server.use(http.get(`*/api/v1/${path}`, () => HttpResponse.json(body)))
}

/** Answers as the API does for one endpoint; returns what the list of its deliveries was asked for. */
function answerOne(one: Webhook, ...deliveries: ReturnType<typeof delivery>[]) {
  const asked: URLSearchParams[] = []
  answer('events/types', listOf(...EVENT_TYPES))
  answer(`webhooks/${WEBHOOK_ID}`, one)
  server.use(
    http.get(`*/api/v1/webhooks/${WEBHOOK_ID}/deliveries`, ({ request }) => {
      const query = new URL(request.url).searchParams
      asked.push(query)
      const status = query.get('status')
      const fitting = deliveries.filter((row) => !status || row.status === status)
      return HttpResponse.json(listOf(...fitting))
    }),
  )
  return asked
}

test('an endpoint is made for some events, and its secret is shown once with a receiver that has it', async () => {
  const rows: Webhook[] = []
  let sent: unknown
  answer('events/types', listOf(...EVENT_TYPES))
  server.use(
    http.get('*/api/v1/webhooks', () => HttpResponse.json(listOf(...rows))),
    http.post('*/api/v1/webhooks', async ({ request }) => {
      sent = await request.json()
      rows.push(webhook())
      return HttpResponse.json({ ...webhook(), secret: 'whsec_abc' }, { status: 201 })
    }),
  )
  const router = renderPage(<WebhooksPage />, LIST, ADMIN)
  await userEvent.click(await screen.findByRole('button', { name: 'New endpoint' }))
  const dialog = within(await screen.findByRole('dialog', { name: 'New endpoint' }))
  const make = dialog.getByRole('button', { name: 'Make the endpoint' })
  await userEvent.type(dialog.getByLabelText('Address'), 'https://hooks.example.com/lift')
  expect(make).toBeEnabled()
  await userEvent.click(dialog.getByRole('radio', { name: 'These' }))
  expect(make).toBeDisabled()
  // What is for the audit log alone cannot be had.
  expect(await dialog.findByRole('checkbox', { name: 'memory.stored' })).toBeVisible()
  expect(dialog.queryByRole('checkbox', { name: 'sign_in.failed' })).toBeNull()
  await userEvent.type(dialog.getByRole('searchbox', { name: 'Find an event' }), 'trash')
  expect(dialog.queryByRole('checkbox', { name: 'memory.stored' })).toBeNull()
  await userEvent.click(dialog.getByRole('checkbox', { name: 'memory.trashed' }))
  await userEvent.clear(dialog.getByRole('searchbox', { name: 'Find an event' }))
  await userEvent.click(dialog.getByRole('checkbox', { name: 'All of Memories' }))
  expect(dialog.getByText('2 are chosen')).toBeVisible()
  await userEvent.click(make)
  const secret = within(await screen.findByRole('dialog', { name: 'The secret of the endpoint' }))
  expect(sent).toEqual({
    url: 'https://hooks.example.com/lift',
    description: '',
    event_types: ['memory.stored', 'memory.trashed'],
  })
  expect(secret.getByText('whsec_abc')).toBeVisible()
  expect(secret.getByText(/Webhook\("whsec_abc"\)/)).toBeVisible()
  await userEvent.click(secret.getByRole('radio', { name: 'Node' }))
  expect(secret.getByText(/new Webhook\('whsec_abc'\)/)).toBeVisible()
  // It goes when somebody says that it is kept.
  expect(secret.getByRole('button', { name: 'Done' })).toBeDisabled()
  await userEvent.click(secret.getByRole('checkbox', { name: 'I have kept the secret in a safe place' }))
  await userEvent.click(secret.getByRole('button', { name: 'Done' }))
  await waitFor(() => expect(router.state.location.pathname).toBe(ONE))
})

test('an address that is refused says why at its field', async () => {
  answer('events/types', listOf(...EVENT_TYPES))
  answer('webhooks', listOf())
  server.use(
    http.post('*/api/v1/webhooks', () =>
      HttpResponse.json(
        {
          code: 'validation_failed',
          detail: 'The request is not valid',
          errors: [{ pointer: '/url', code: 'invalid', detail: 'This address is not a public one.' }],
        },
        { status: 400 },
      ),
    ),
  )
  renderPage(<WebhooksPage />, LIST, ADMIN)
  await userEvent.click(await screen.findByRole('button', { name: 'New endpoint' }))
  await userEvent.type(await screen.findByLabelText('Address'), 'https://10.0.0.1/')
  await userEvent.click(screen.getByRole('button', { name: 'Make the endpoint' }))
  expect(await screen.findByText('This address is not a public one.')).toBeVisible()
  expect(screen.getByLabelText('Address')).toBeInvalid()
})

test('the list says what each endpoint gets and how it fares; who may only read changes nothing', async () => {
  answer(
    'webhooks',
    listOf(
      webhook(),
      webhook({
        id: 'b',
        description: '',
        url: 'https://b.example.com/',
        failing_since: '2026-11-28T09:00:00Z',
        pending: 40,
      }),
      webhook({
        id: 'c',
        description: 'Old',
        status: 'disabled',
        disabled_reason: 'gone',
        event_types: ['memory.stored'],
      }),
    ),
  )
  renderPage(<WebhooksPage />, LIST, VIEWER)
  const table = within(await screen.findByRole('table', { name: 'Webhooks' }))
  expect(await screen.findByRole('row', { name: /^Warehouse.*All events.*Enabled/ })).toBeVisible()
  expect(table.getByRole('row', { name: /^https:\/\/b\.example\.com\/.*Failing.*40/ })).toBeVisible()
  expect(table.getByRole('row', { name: /^Old.*1 kind of event.*Disabled/ })).toBeVisible()
  expect(screen.queryByRole('button', { name: 'New endpoint' })).toBeNull()
  expect(screen.getByText('webhooks:write')).toBeVisible()
})

const HOLDING = delivery(1, {
  status: 'pending',
  attempts: 3,
  next_attempt_at: '2126-11-28T10:00:00Z',
  finished_at: null,
  last_attempt: { at: '2026-11-28T10:00:01Z', status_code: 500, error: 'status', milliseconds: 30 },
})

test('a failing endpoint says which event holds up the rest, and its counts come out even', async () => {
  answerOne(
    webhook({
      pending: 3,
      first_pending: HOLDING,
      exhausted: 1,
      failing_since: '2026-11-28T09:00:00Z',
      next_attempt_at: HOLDING.next_attempt_at,
      last_attempt: HOLDING.last_attempt,
    }),
    delivery(3, { status: 'pending', attempts: 0, finished_at: null, last_attempt: null }),
    delivery(2, { status: 'exhausted', reason: 'attempts', attempts: 10 }),
    HOLDING,
  )
  answer(`webhooks/deliveries/${HOLDING.id}`, {
    ...HOLDING,
    payload: { type: 'memory.stored', timestamp: '2026-11-28T10:00:00Z', data: { cursor: '1' } },
    log: [
      {
        number: 1,
        at: '2026-11-28T10:00:00Z',
        status_code: null,
        error: 'timeout',
        milliseconds: 15_000,
        response_excerpt: '',
      },
      {
        number: 2,
        at: '2026-11-28T10:00:01Z',
        status_code: 500,
        error: 'status',
        milliseconds: 30,
        response_excerpt: 'boom',
      },
    ],
  })
  const skipped: string[] = []
  server.use(
    http.post('*/api/v1/webhooks/deliveries/:id/skip', ({ params }) => {
      skipped.push(String(params.id))
      return HttpResponse.json({ ...HOLDING, status: 'exhausted', reason: 'skipped' })
    }),
  )
  renderPage(<WebhookPage />, ONE, ADMIN)
  expect(await screen.findByText(/is tried again, and 2 later events wait for it/)).toBeVisible()
  expect(screen.getByText('On the latest try it answered 500.')).toBeVisible()
  expect(screen.getByText(/^The next try: in 100 years/)).toBeVisible()
  const counts = within(screen.getByRole('region', { name: 'What became of the events' }))
  expect(counts.getAllByRole('definition').map((one) => one.textContent)).toEqual(['16', '12', '1', '3'])
  await userEvent.click(screen.getByRole('link', { name: 'memory.stored' }))
  const panel = within(await screen.findByRole('complementary', { name: 'Delivery' }))
  expect(await panel.findByText('gave no answer in time')).toBeVisible()
  expect(panel.getByText('answered 500')).toBeVisible()
  expect(panel.getByText(/"cursor": "1"/)).toBeVisible()
  await userEvent.click(panel.getByRole('button', { name: 'Skip' }))
  await waitFor(() => expect(skipped).toEqual([HOLDING.id]))
})

test.each([
  ['manual', /^It was switched off/],
  ['gone', /gone for good \(410\)/],
  ['failing', /^Nothing could be delivered for five days/],
] as const)('why an endpoint is off is said in words: %s', async (disabled_reason, words) => {
  answerOne(webhook({ status: 'disabled', disabled_reason, disabled_at: '2026-11-28T09:00:00Z', pending: 2 }))
  let sent: unknown
  server.use(
    http.patch(`*/api/v1/webhooks/${WEBHOOK_ID}`, async ({ request }) => {
      sent = await request.json()
      return HttpResponse.json(webhook())
    }),
  )
  renderPage(<WebhookPage />, ONE, ADMIN)
  expect(await screen.findByText(words)).toBeVisible()
  expect(screen.getByText(/^2 events wait, and are sent in their order/)).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Switch on' }))
  await waitFor(() => expect(sent).toEqual({ status: 'enabled' }))
})

test('a test is watched until it is answered', async () => {
  answerOne(webhook())
  const test = delivery(9, { event_type: 'webhook.test', cursor: null, status: 'pending', finished_at: null })
  let asked = 0
  server.use(
    http.post(`*/api/v1/webhooks/${WEBHOOK_ID}/test`, () => HttpResponse.json(test, { status: 201 })),
    http.get(`*/api/v1/webhooks/deliveries/${test.id}`, () => {
      asked += 1
      const isOver = asked > 1
      return HttpResponse.json({
        ...test,
        status: isOver ? 'exhausted' : 'pending',
        payload: {},
        log: isOver
          ? [
              {
                number: 1,
                at: test.created_at,
                status_code: 418,
                error: 'status',
                milliseconds: 5,
                response_excerpt: 'teapot',
              },
            ]
          : [],
      })
    }),
  )
  renderPage(<WebhookPage />, ONE, ADMIN)
  await userEvent.click(await screen.findByRole('button', { name: 'Send a test' }))
  const dialog = within(await screen.findByRole('dialog', { name: 'Test' }))
  expect(await dialog.findByText('It is sent; waiting for the answer…')).toBeVisible()
  expect(await dialog.findByText('It was not delivered.')).toBeVisible()
  expect(dialog.getByText('answered 418')).toBeVisible()
  expect(dialog.getByText('teapot')).toBeVisible()
})

test('filters of the deliveries are the address; all that were given up are sent again', async () => {
  const asked = answerOne(webhook({ exhausted: 2 }), delivery(2, { status: 'exhausted', reason: 'skipped' }))
  let sent: unknown
  server.use(
    http.post(`*/api/v1/webhooks/${WEBHOOK_ID}/replay`, async ({ request }) => {
      sent = await request.json()
      return HttpResponse.json({ queued: 2 }, { status: 202 })
    }),
  )
  const router = renderPage(<WebhookPage />, `${ONE}?type=memory.stored&status=nonsense`, ADMIN)
  await userEvent.selectOptions(await screen.findByRole('combobox', { name: 'State' }), 'Given up')
  await waitFor(() => expect(router.state.location.search).toEqual({ type: 'memory.stored', status: 'exhausted' }))
  await waitFor(() =>
    expect(
      asked.some((query) => query.get('status') === 'exhausted' && query.get('event_type') === 'memory.stored'),
    ).toBe(true),
  )
  await userEvent.click(screen.getByRole('button', { name: 'Send the given-up ones again' }))
  await userEvent.click(await screen.findByRole('button', { name: 'Send again' }))
  expect(await screen.findByText('2 events are sent again')).toBeVisible()
  expect(sent).toEqual({})
})

test('a rotated secret says how long the old one signs', async () => {
  answerOne(webhook({ previous_secret_until: '2126-11-28T10:00:00Z' }))
  let sent: unknown
  server.use(
    http.post(`*/api/v1/webhooks/${WEBHOOK_ID}/secret/rotate`, async ({ request }) => {
      sent = await request.json()
      return HttpResponse.json({ secret: 'whsec_new', previous_secret_until: '2126-11-28T10:00:00Z' })
    }),
  )
  renderPage(<WebhookPage />, ONE, ADMIN)
  expect(await screen.findByText(/^Two secrets sign what is sent: the old one until/)).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Rotate the secret' }))
  await userEvent.selectOptions(await screen.findByRole('combobox', { name: 'The old secret signs' }), 'for 72 hours')
  await userEvent.click(screen.getByRole('button', { name: 'Make the new secret' }))
  expect(await screen.findByText('whsec_new')).toBeVisible()
  expect(screen.getByText(/has the signature of the old secret as well/)).toBeVisible()
  expect(sent).toEqual({ overlap_hours: 72 })
})

test('who may only read sees an endpoint without its switches', async () => {
  answerOne(webhook({ exhausted: 1 }), delivery(1))
  renderPage(<WebhookPage />, ONE, VIEWER)
  expect(await screen.findByText(/^Nothing waits; 1 event was given up\./)).toBeVisible()
  expect(await screen.findByRole('button', { name: 'memory.stored' })).toBeVisible()
  for (const name of ['Edit', 'Send a test', 'Switch off', 'Delete', 'Send the given-up ones again'])
    expect(screen.queryByRole('button', { name })).toBeNull()
})
