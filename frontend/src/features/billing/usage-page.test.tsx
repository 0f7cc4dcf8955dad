import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { expect, test, vi } from 'vitest'
import type { Account } from '@/api/account'
import { answerBilling, listOf } from '@/testing/billing'
import { ACCOUNT, renderPage } from '@/testing/render'
import { server } from '@/testing/server'
import { InvoicePage } from './invoice-page'
import { InvoicesPage } from './invoices-page'
import { LedgerPage } from './ledger-page'
import type { Invoice, LedgerRow, UsageRow } from './types'
import { UsagePage } from './usage-page'

const VIEWER: Account = { ...ACCOUNT, permissions: ['billing:read'] }
const PATH = '/acme/settings/usage'
const ADA = '0192f3c1-6a2b-7c00-8000-000000000001'

function row(key: string, meter: string, quantity: number, label = ''): UsageRow {
  return { key, label, meter, quantity, events: quantity, cost_cents: meter === 'api_calls' ? 12 : null }
}

/** Answers as the API groups; returns what was asked for. */
function answerUsage(groups: Record<string, UsageRow[]>) {
  const asked: URLSearchParams[] = []
  server.use(
    http.get('*/api/v1/billing/usage', ({ request }) => {
      const query = new URL(request.url).searchParams
      asked.push(query)
      const group_by = query.get('group_by') ?? 'day'
      return HttpResponse.json({
        from: query.get('from'),
        to: query.get('to'),
        group_by,
        results: groups[group_by] ?? [],
        totals: [
          { meter: 'api_calls', name: 'API calls', unit: 'calls', quantity: 1200, events: 1200, cost_cents: 12 },
          { meter: 'memory_searches', name: 'Searches', unit: 'calls', quantity: 7, events: 7, cost_cents: null },
          { meter: 'memory_stores', name: 'Stores', unit: 'calls', quantity: 5, events: 5, cost_cents: null },
          {
            meter: 'memory_bytes',
            name: 'Memory',
            unit: 'bytes',
            quantity: 2 * 1024 ** 2,
            events: 9,
            cost_cents: null,
          },
        ],
        as_of: '2026-11-28T12:00:00Z',
      })
    }),
  )
  return asked
}

const PICKED = 'from=2026-11-01T00:00:00Z&to=2026-11-04T00:00:00Z'

test('work of each day stands on itself, and in a table', async () => {
  answerBilling()
  answerUsage({
    day: [
      row('2026-11-01T00:00:00Z', 'memory_searches', 4),
      row('2026-11-01T00:00:00Z', 'memory_stores', 5),
      row('2026-11-01T00:00:00Z', 'api_calls', 1200),
      row('2026-11-03T00:00:00Z', 'memory_searches', 3),
    ],
    module: [row('', 'api_calls', 1000), row('crm', 'api_calls', 200, 'Customers')],
  })
  renderPage(<UsagePage />, `${PATH}?${PICKED}`, VIEWER)
  const bars = within(await screen.findByRole('list', { name: 'By day' }))
  expect(bars.getAllByRole('link').map((bar) => bar.getAttribute('aria-label'))).toEqual([
    '1 Nov 2026: Searches 4, Memories stored 5',
    '2 Nov 2026: nothing',
    '3 Nov 2026: Searches 3',
  ])
  await userEvent.click(screen.getByText('As a table'))
  const table = within(screen.getByRole('table', { name: 'By day' }))
  expect(table.getAllByRole('row')).toHaveLength(4)
  // The sums have their own units.
  expect(screen.getByText('2 MB')).toBeVisible()
  const breakdown = within(await screen.findByRole('table', { name: 'By module' }))
  expect(breakdown.getByRole('link', { name: 'Lift OS itself: show each' })).toHaveAttribute(
    'href',
    expect.stringContaining('module=-'),
  )
  expect(breakdown.getByRole('link', { name: 'Customers: show each' })).toBeVisible()
})

test('grouping and range are the address', async () => {
  answerBilling()
  const asked = answerUsage({
    operation: [row('search.hybrid', 'memory_searches', 7)],
    day: [row('2026-11-01T00:00:00Z', 'memory_searches', 4)],
  })
  const router = renderPage(<UsagePage />, `${PATH}?range=7d&by=nonsense&meter=memory_searches`, VIEWER)
  await userEvent.selectOptions(await screen.findByRole('combobox', { name: 'Group by' }), 'By operation')
  expect(await screen.findByRole('link', { name: 'search.hybrid: show each' })).toBeVisible()
  await userEvent.click(screen.getByRole('radio', { name: '90 days' }))
  await waitFor(() =>
    expect(router.state.location.search).toEqual({ range: '90d', by: 'operation', meter: 'memory_searches' }),
  )
  await waitFor(() =>
    expect(asked.some((query) => query.get('meter') === 'memory_searches' && query.get('group_by') === 'day')).toBe(
      true,
    ),
  )
})

test('the export is a file of the span', async () => {
  answerBilling()
  answerUsage({})
  server.use(
    http.get('*/api/v1/billing/usage/export', ({ request }) =>
      HttpResponse.text(`day,meter\n${new URL(request.url).searchParams.get('from')},api_calls\n`, {
        headers: { 'Content-Type': 'text/csv' },
      }),
    ),
  )
  const files: Blob[] = []
  vi.stubGlobal(
    'URL',
    Object.assign(URL, {
      createObjectURL: (file: Blob) => {
        files.push(file)
        return 'blob:file'
      },
      revokeObjectURL: () => {},
    }),
  )
  const names: string[] = []
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    names.push(this.download)
  })
  renderPage(<UsagePage />, `${PATH}?${PICKED}`, VIEWER)
  await userEvent.click(await screen.findByRole('button', { name: 'Export as CSV' }))
  await waitFor(() => expect(names).toEqual(['usage-2026-11-01-2026-11-04.csv']))
  expect(await files[0]?.text()).toBe('day,meter\n2026-11-01T00:00:00Z,api_calls\n')
})

test('what was counted and what was reported differ, or do not', async () => {
  const period = { period_start: '2026-11-01T00:00:00Z', period_end: '2026-12-01T00:00:00Z' }
  const checked = { checked_at: '2026-11-28T11:00:00Z', aggregates: 10 }
  answerBilling({
    reconciliation: listOf(
      {
        meter: 'api_calls',
        name: 'API calls',
        ...period,
        ledger: 10,
        reported: 10,
        stripe: 10,
        difference: 0,
        ...checked,
      },
      {
        meter: 'llm_tokens',
        name: 'Tokens',
        ...period,
        ledger: 10,
        reported: 8,
        stripe: null,
        difference: 2,
        ...checked,
      },
    ),
    alerts: listOf({
      id: 'a',
      meter: 'memory_bytes',
      name: 'Memory',
      threshold_percent: 80,
      period: '2026-11',
      used: 8 * 1024 ** 3,
      limit: 10 * 1024 ** 3,
      created_at: '2026-11-20T00:00:00Z',
    }),
  })
  answerUsage({})
  renderPage(<UsagePage />, PATH, VIEWER)
  const table = within(await screen.findByRole('table', { name: 'Counted and reported' }))
  expect(table.getByRole('row', { name: /^API calls.*none/ })).toBeVisible()
  expect(table.getByRole('row', { name: /^Language model tokens.*\+2/ })).toBeVisible()
  expect(await screen.findByText('Memory: 80% reached')).toBeVisible()
})

test('each use has its request, page by page, and conditions can be taken away', async () => {
  const entry = (number: number): LedgerRow => ({
    id: String(number),
    meter: 'memory_searches',
    quantity: 1,
    occurred_at: '2026-11-03T10:00:00Z',
    module: '',
    member: { id: ADA, email: 'ada@example.com' },
    operation: 'search.hybrid',
    request_id: `req-${number}`,
    source: 'memory',
  })
  const asked: string[] = []
  server.use(
    http.get('*/api/v1/billing/usage/events', ({ request }) => {
      const query = new URL(request.url).searchParams
      asked.push(query.toString())
      const isSecond = query.get('cursor') === 'second'
      return HttpResponse.json({
        results: [entry(isSecond ? 2 : 1)],
        next: isSecond ? null : 'second',
        total: 2,
      })
    }),
  )
  const router = renderPage(<LedgerPage />, `${PATH}/ledger?meter=memory_searches&module=-&user_id=${ADA}`, VIEWER)
  expect(await screen.findByText('req-1')).toBeVisible()
  // The platform's own use is asked for by an empty name.
  expect(asked[0]).toContain('module=&')
  expect(screen.getByRole('button', { name: /^Member:\s*ada@example.com/ })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Show more (1 of 2)' }))
  expect(await screen.findByText('req-2')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: /^Module:\s*Lift OS itself/ }))
  await waitFor(() => expect(router.state.location.search).toEqual({ meter: 'memory_searches', user_id: ADA }))
})

const INVOICE: Invoice = {
  id: 'in_1',
  number: 'LIFT-0001',
  status: 'open',
  total_cents: 3141,
  amount_due_cents: 3141,
  amount_paid_cents: 0,
  currency: 'usd',
  created_at: '2026-11-10T12:00:00Z',
  period_start: '2026-10-10T12:00:00Z',
  period_end: '2026-11-10T12:00:00Z',
  hosted_url: 'https://invoice.example/1',
  pdf_url: 'https://invoice.example/1.pdf',
}

test('invoices lead to where they are paid, and to what is behind them', async () => {
  answerBilling({
    invoices: listOf(INVOICE, {
      ...INVOICE,
      id: 'in_2',
      number: null,
      status: 'draft',
      hosted_url: null,
      pdf_url: null,
    }),
  })
  renderPage(<InvoicesPage />, '/acme/settings/invoices', VIEWER)
  const pay = await screen.findByRole('link', { name: 'Pay the invoice LIFT-0001 at Stripe' })
  expect(pay).toHaveAttribute('rel', 'noopener noreferrer')
  expect(screen.getByRole('link', { name: 'LIFT-0001' })).toHaveAttribute('href', '/acme/settings/invoices/in_1')
  expect(screen.getByRole('link', { name: 'Draft' })).toBeVisible()
  expect(screen.getAllByText('$31.41')).toHaveLength(2)
})

test('a line of what was counted leads to the ledger of its time', async () => {
  const time = { period_start: '2026-10-10T12:00:00Z', period_end: '2026-11-10T12:00:00Z' }
  server.use(
    http.get('*/api/v1/billing/invoices/in_1', () =>
      HttpResponse.json({
        ...INVOICE,
        lines: [
          { id: '1', description: 'Starter', amount_cents: 2900, quantity: 1, proration: false, meter: null, ...time },
          {
            id: '2',
            description: 'API calls',
            amount_cents: 241,
            quantity: 6025,
            proration: true,
            meter: 'api_calls',
            ...time,
          },
        ],
      }),
    ),
  )
  renderPage(<InvoicePage />, '/acme/settings/invoices/in_1', VIEWER)
  expect(await screen.findByRole('heading', { level: 1, name: 'Invoice LIFT-0001' })).toBeVisible()
  const behind = screen.getAllByRole('link', { name: 'Show what was counted' })
  expect(behind).toHaveLength(1)
  expect(behind[0]?.getAttribute('href')).toMatch(/ledger\?meter=api_calls&from=2026-10-10T12%3A00%3A00Z&to=/)
  expect(screen.getByText(/for a part of the period/)).toBeVisible()
})
