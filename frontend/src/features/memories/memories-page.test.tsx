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
