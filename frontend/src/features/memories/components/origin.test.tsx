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

test('the place in the file is told, and the original can be saved under its name', async () => {
  server.use(http.get(`*/api/v1/memory/files/${REPORT.id}/content`, () => HttpResponse.arrayBuffer(new ArrayBuffer(7))))
  const sizes: number[] = []
  vi.stubGlobal(
    'URL',
    Object.assign(URL, { createObjectURL: (file: Blob) => sizes.push(file.size), revokeObjectURL: () => {} }),
  )
  const names: string[] = []
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    names.push(this.download)
  })
  renderPage(<Origin file={REPORT} />)
  expect(await screen.findByText('plans/report.pdf, page 3, line 12')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Save the original' }))
  await waitFor(() => expect(names).toEqual(['report.pdf']))
  expect(sizes).toEqual([7])
})

test('of a deleted original the place is told alone', async () => {
  renderPage(<Origin file={{ ...REPORT, available: false, page: null, line: null, sheet: 'Days', row: 4 }} />)
  expect(await screen.findByText('plans/report.pdf, sheet “Days”, row 4')).toBeVisible()
  expect(screen.getByText('The original was deleted.')).toBeVisible()
  expect(screen.queryByRole('button')).toBeNull()
})
