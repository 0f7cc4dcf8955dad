import { screen } from '@testing-library/react'
import { HttpResponse, http } from 'msw'
import { expect, test } from 'vitest'
import { renderPage } from '@/testing/render'
import { server } from '@/testing/server'
import { OperationRow } from './operation-row'

const READING = {
  operation_id: '01926c3e-6a2b-7c00-8000-000000000009',
  name: 'report.pdf',
  status: 'reading' as const,
  read: 7,
  total: null,
  done: 0,
  failed: 1,
  understood: 0,
  created_at: '2026-11-20T10:00:00Z',
  finished_at: null,
}

test('a file that is being read says how far that is, and nothing of a total', async () => {
  server.use(http.get('*/events', () => HttpResponse.text('', { headers: { 'Content-Type': 'text/event-stream' } })))
  renderPage(<OperationRow operation={READING} />)
  expect(await screen.findByText('Reading the file: 7 texts so far · 1 failed')).toBeVisible()
  expect(screen.getByRole('button', { name: 'Cancel' })).toBeVisible()
})

test('what was stopped while it was read can be taken up again', async () => {
  renderPage(<OperationRow operation={{ ...READING, status: 'cancelled', finished_at: '2026-11-20T10:01:00Z' }} />)
  expect(await screen.findByText('Stopped while the file was read: 7 texts are waiting · 1 failed')).toBeVisible()
  expect(screen.getByRole('button', { name: 'Try the rest again' })).toBeVisible()
})
