import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { delay, HttpResponse, http } from 'msw'
import { beforeEach, expect, test, vi } from 'vitest'
import { memory } from '@/testing/memory'
import { renderPage } from '@/testing/render'
import { server } from '@/testing/server'
import { MemoriesPage } from './memories-page'

const nothing = { values: [], other: 0 }

beforeEach(() => {
  server.use(
    http.get('*/api/v1/memory', () => HttpResponse.json({ results: [memory(1), memory(2)], next: null, total: 2 })),
    http.get('*/api/v1/memory/facets', () =>
      HttpResponse.json({
        total: 2,
        memory_type: nothing,
        module: nothing,
        source: nothing,
        months: nothing,
        metadata: {},
      }),
    ),
  )
})

test('a refused deletion brings the row back and says why', async () => {
  server.use(
    http.post('*/api/v1/memory/bulk', async () => {
      await delay(50)
      return HttpResponse.json({ code: 'permission_denied', detail: 'Not you.' }, { status: 403 })
    }),
  )
  renderPage(<MemoriesPage />)
  await userEvent.click(await screen.findByRole('checkbox', { name: 'Select: Memory 2' }))
  await userEvent.click(screen.getByRole('button', { name: 'Delete' }))
  await vi.waitFor(() => expect(screen.queryByText('Memory 2')).toBeNull())
  expect(await screen.findByText('Memory 2')).toBeVisible()
  expect((await screen.findAllByText('Nothing was deleted: Not you.')).length).toBeGreaterThan(0)
})

test('an error names its request, and a retry that succeeds takes its place', async () => {
  server.use(
    http.get(
      '*/api/v1/memory',
      () => HttpResponse.json({ code: 'internal_error' }, { status: 500, headers: { 'X-Request-ID': 'request-7' } }),
      {
        once: true,
      },
    ),
  )
  renderPage(<MemoriesPage />)
  expect(await screen.findByText('request-7')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByText('Memory 1')).toBeVisible()
})

test('ordering and filters go into the address', async () => {
  const router = renderPage(<MemoriesPage />, '/acme/memories?cursor=abc')
  const head = await screen.findByRole('columnheader', { name: 'Type' })
  await userEvent.click(within(head).getByRole('button'))
  await vi.waitFor(() => expect(router.state.location.search).toEqual({ sort: '-memory_type' }))
})

test('all that match come back from the archive, step by step, and what stays there is told', async () => {
  const asked: unknown[] = []
  let goOn = () => {}
  const second = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const stays = { memory_id: memory(2).memory_id, code: 'archive_damaged', detail: 'It is not what it was.' }
  const answer = (done: number, next: number | null) =>
    HttpResponse.json({ done, next, unchanged: 0, failed: 1, errors: [stays], size_before: 0, size_after: 0 })
  server.use(
    http.get('*/api/v1/memory', () =>
      HttpResponse.json({ results: [memory(1), memory(2)], next: 'more', total: 1500 }),
    ),
    http.post('*/api/v1/memory/unarchive', async ({ request }) => {
      asked.push(await request.json())
      // Nothing comes back of the first thousand, which must not keep those behind it.
      if (asked.length === 1) return answer(0, 1000)
      if (asked.length === 2) return answer(499, 1400)
      await second
      return answer(1, null)
    }),
  )
  renderPage(<MemoriesPage />, '/acme/memories?state=archived&q=zebra')
  await userEvent.click(await screen.findByRole('checkbox', { name: 'Select: Memory 1' }))
  await userEvent.click(screen.getByRole('checkbox', { name: 'Select: Memory 2' }))
  await userEvent.click(screen.getByRole('button', { name: 'Select all 1,500 that match' }))
  await userEvent.click(screen.getByRole('button', { name: 'Bring back' }))
  const dialog = within(await screen.findByRole('dialog', { name: 'Bring back 1,500 memories?' }))
  await userEvent.type(dialog.getByLabelText('Type 1,500 to confirm'), '1,500')
  await userEvent.click(dialog.getByRole('button', { name: 'Bring back' }))
  const bar = await screen.findByRole('progressbar', { name: 'Bringing back' })
  await vi.waitFor(() => expect(bar).toHaveAttribute('aria-valuetext', '499 of 1,500 memories are back'))
  goOn()
  expect((await screen.findAllByText('500 memories are back')).length).toBeGreaterThan(0)
  expect((await screen.findAllByText('1 memory stayed in the archive: It is not what it was.')).length).toBeGreaterThan(
    0,
  )
  await vi.waitFor(() => expect(screen.queryByRole('progressbar', { name: 'Bringing back' })).toBeNull())
  expect(asked).toEqual([
    { q: 'zebra', all: false, after: 0 },
    { q: 'zebra', all: false, after: 1000 },
    { q: 'zebra', all: false, after: 1400 },
  ])
})
