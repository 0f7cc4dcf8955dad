import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { expect, test, vi } from 'vitest'
import { renderPage } from '@/testing/render'
import { server } from '@/testing/server'
import { Origin } from './origin'

const REPORT = {
  id: '01926c3e-6a2b-7c00-8000-000000000007',
  name: 'plans/report.pdf',
  media_type: 'application/pdf',
  available: true,
  page: 3,
  line: 12,
  sheet: null,
  row: null,
}

test('the place in the file is told, and the browser fetches the original by a link', async () => {
  const path = '/api/v1/memory/downloads?token=signed'
  server.use(http.post(`*/api/v1/memory/files/${REPORT.id}/link`, () => HttpResponse.json({ path, seconds: 60 })))
  const followed: string[] = []
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    if (this.hasAttribute('download')) followed.push(new URL(this.href).pathname + new URL(this.href).search)
  })
  renderPage(<Origin file={REPORT} />)
  expect(await screen.findByText('plans/report.pdf, page 3, line 12')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Save the original' }))
  await waitFor(() => expect(followed).toEqual([path]))
})

test('of a deleted original the place is told alone', async () => {
  renderPage(<Origin file={{ ...REPORT, available: false, page: null, line: null, sheet: 'Days', row: 4 }} />)
  expect(await screen.findByText('plans/report.pdf, sheet “Days”, row 4')).toBeVisible()
  expect(screen.getByText('The original was deleted.')).toBeVisible()
  expect(screen.queryByRole('button')).toBeNull()
})
