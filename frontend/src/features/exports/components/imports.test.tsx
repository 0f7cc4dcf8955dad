import { screen } from '@testing-library/react'
import { HttpResponse, http } from 'msw'
import { expect, test } from 'vitest'
import { renderPage } from '@/testing/render'
import { server } from '@/testing/server'
import { Imports } from './imports'

const DONE = {
  import_id: '01926c3e-6a2b-7c00-8000-000000000009',
  name: 'memory.zip',
  status: 'succeeded',
  step: 'rules',
  size_bytes: 2_000,
  total: 2,
  created: 2,
  skipped: 0,
  failed: 0,
  holds: 1,
  rules: 2,
  rules_off: ['letter', 'customer_voice'],
  error: null,
  created_by: null,
  created_at: '2026-11-20T10:00:00Z',
  finished_at: '2026-11-20T10:01:00Z',
}

test('an import says of which types nothing is deleted until their rules are switched on', async () => {
  server.use(
    http.get('*/api/v1/memory/imports', () => HttpResponse.json({ results: [DONE], next: null, total: 1 })),
    http.get('*/events', () => HttpResponse.text('', { headers: { 'Content-Type': 'text/event-stream' } })),
  )
  renderPage(<Imports />)
  expect(await screen.findByText(/1 legal hold and 2 rules/)).toBeVisible()
  expect(screen.getByText(/no rule deletes memories of these types.*: Letter, Customer voice$/)).toBeVisible()
})
