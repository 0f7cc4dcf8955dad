import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { expect, test, vi } from 'vitest'
import type { Account } from '@/api/account'
import { listOf } from '@/testing/billing'
import { auditEntry, EVENT_TYPES } from '@/testing/events'
import { ACCOUNT, renderPage } from '@/testing/render'
import { server } from '@/testing/server'
import { AuditPage } from './audit-page'
import type { AuditEntry } from './queries'

const ADMIN: Account = { ...ACCOUNT, permissions: ['audit:read', 'members:read'] }
const PATH = '/acme/settings/audit'
const ADA = '0192f3c1-6a2b-7c00-8000-000000000001'

/** Answers as the API does, page by page; returns what was asked for. */
function answerAudit(...pages: AuditEntry[][]) {
  const asked: URLSearchParams[] = []
  const total = pages.flat().length
  server.use(
    http.get('*/api/v1/events/types', () => HttpResponse.json(listOf(...EVENT_TYPES))),
    http.get('*/api/v1/orgs/current/members', () =>
      HttpResponse.json(
        listOf({
          id: ADA,
          email: 'ada@example.com',
          name: 'Ada',
          role: 'owner',
          joined_at: '',
          last_seen_at: null,
          mfa: false,
        }),
      ),
    ),
    http.get('*/api/v1/audit', ({ request }) => {
      const query = new URL(request.url).searchParams
      asked.push(query)
      const page = Number(query.get('cursor') ?? 0)
      return HttpResponse.json({
        results: pages[page] ?? [],
        next: page + 1 < pages.length ? String(page + 1) : null,
        total,
      })
    }),
  )
  return asked
}

test('an entry says who did what, in words, and leads to what belongs to it', async () => {
  const asked = answerAudit(
    [
      auditEntry(3, {
        action: 'sign_in.failed',
        actor: { kind: 'anonymous', id: '', name: '' },
        subject: { kind: 'user', id: '' },
        data: {},
        ip: null,
      }),
    ],
    [
      auditEntry(2),
      auditEntry(1, { action: 'role.updated', data: { role: 'reader', before: ['a'], after: ['a', 'b'] } }),
    ],
  )
  const router = renderPage(<AuditPage />, PATH, ADMIN)
  expect(await screen.findByRole('row', { name: /^A sign-in was refused\.\s*sign_in\.failed\s*Unknown/ })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Show more (1 of 3)' }))
  await userEvent.click(await screen.findByRole('button', { name: /^A text was remembered/ }))
  const panel = within(await screen.findByRole('complementary', { name: 'Entry 2' }))
  expect(panel.getByText('Ada')).toBeVisible()
  expect(panel.getByText('request-2')).toBeVisible()
  expect(panel.getByText('203.0.113.7')).toBeVisible()
  expect(panel.getByRole('link', { name: 'Open it' })).toHaveAttribute(
    'href',
    expect.stringMatching(/^\/acme\/memories\//),
  )
  // The next row is shown in its place; what was before is set against what came after.
  await userEvent.keyboard('j')
  const next = within(await screen.findByRole('complementary', { name: 'Entry 1' }))
  expect(next.getByText('put in:')).toBeInTheDocument()
  await userEvent.click(next.getByRole('button', { name: 'All of this request' }))
  await waitFor(() => expect(router.state.location.search).toEqual({ request_id: 'request-1', entry: '1' }))
  await waitFor(() => expect(asked.at(-1)?.get('request_id')).toBe('request-1'))
})

test('filters are the address, and what means nothing is dropped', async () => {
  const asked = answerAudit([])
  const router = renderPage(<AuditPage />, `${PATH}?range=7d&actor_kind=ghost&ip=203.0.113.7`, ADMIN)
  expect(await screen.findByText('No entry fits the filters')).toBeVisible()
  await userEvent.selectOptions(await screen.findByRole('combobox', { name: 'Area' }), 'Memories')
  const action = screen.getByRole('combobox', { name: 'Action' })
  expect(within(action).queryByRole('option', { name: 'member.joined' })).toBeNull()
  await userEvent.selectOptions(action, 'memory.trashed')
  await userEvent.selectOptions(screen.getByRole('combobox', { name: 'Who' }), 'Ada')
  const expected = {
    range: '7d',
    area: 'memory',
    action: 'memory.trashed',
    actor_kind: 'user',
    actor_id: ADA,
    ip: '203.0.113.7',
  }
  await waitFor(() => expect(router.state.location.search).toEqual(expected))
  await waitFor(() => {
    const { limit: _, ...given } = Object.fromEntries(asked.at(-1) ?? [])
    expect(given).toEqual(expected)
  })
  await userEvent.click(screen.getByRole('button', { name: /^Address:.*203\.0\.113\.7/ }))
  await userEvent.selectOptions(screen.getByRole('combobox', { name: 'Time' }), 'Days…')
  expect(await screen.findByLabelText('From the day')).toBeVisible()
  expect(router.state.location.search).not.toHaveProperty('range')
  await userEvent.click(screen.getAllByRole('button', { name: 'Clear the filters' })[0] as HTMLElement)
  await waitFor(() => expect(router.state.location.search).toEqual({}))
})

test('the export has the filters of the list', async () => {
  answerAudit([auditEntry(1)])
  server.use(http.get('*/api/v1/audit/export', ({ request }) => HttpResponse.text(new URL(request.url).search)))
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
  renderPage(<AuditPage />, `${PATH}?area=memory&range=7d&entry=1`, ADMIN)
  await userEvent.click(await screen.findByRole('button', { name: 'Export JSONL' }))
  await waitFor(() => expect(names).toEqual([expect.stringMatching(/^audit-\d{4}-\d{2}-\d{2}\.jsonl$/)]))
  expect(Object.fromEntries(new URLSearchParams(await files[0]?.text()))).toEqual({
    area: 'memory',
    range: '7d',
    format: 'jsonl',
  })
})

const HEAD = { position: 150_000, hash: 'ab', signature: 'cd', key_id: 'key-1', recorded_at: '2026-11-28T10:00:00Z' }

test('the whole log is verified, part by part', async () => {
  answerAudit([auditEntry(1)])
  const asked: number[] = []
  server.use(
    http.post('*/api/v1/audit/verify', async ({ request }) => {
      const { after } = (await request.json()) as { after: number }
      asked.push(after)
      const isLast = after > 0
      return HttpResponse.json({
        valid: true,
        checked: isLast ? 50_000 : 100_000,
        first_bad: null,
        head: HEAD,
        next: isLast ? null : 100_000,
      })
    }),
  )
  renderPage(<AuditPage />, PATH, ADMIN)
  await userEvent.click(await screen.findByRole('button', { name: 'Verify' }))
  expect(await screen.findByText(/^All 150,000 entries are as they were written/)).toHaveTextContent(
    'up to position 150,000.',
  )
  expect(screen.getByText(/with the key key-1\.$/)).toBeVisible()
  expect(asked).toEqual([0, 100_000])
})

test('the first entry that is not as it was written is named', async () => {
  answerAudit([auditEntry(1)])
  server.use(
    http.post('*/api/v1/audit/verify', () =>
      HttpResponse.json({
        valid: false,
        checked: 16,
        first_bad: { position: 17, reason: 'gap' },
        head: null,
        next: null,
      }),
    ),
  )
  renderPage(<AuditPage />, PATH, ADMIN)
  await userEvent.click(await screen.findByRole('button', { name: 'Verify' }))
  expect(await screen.findByRole('alert')).toHaveTextContent('Entry 17 is not as it was written: gap.')
})
