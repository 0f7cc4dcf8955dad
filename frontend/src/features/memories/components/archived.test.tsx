import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { expect, test } from 'vitest'
import { memory } from '@/testing/memory'
import { renderPage } from '@/testing/render'
import { server } from '@/testing/server'
import { Archived } from './archived'

const COLD = { ...memory(1), archived_at: '2026-11-20T10:00:00Z' }
const PATH = `*/api/v1/memory/${COLD.memory_id}/unarchive`

test('an archived memory says so and is brought back', async () => {
  let asked = 0
  server.use(
    http.post(PATH, () => {
      asked += 1
      return HttpResponse.json(memory(1))
    }),
  )
  renderPage(<Archived memory={COLD} />)
  expect(await screen.findByText(/In the archive since 20 Nov 2026/)).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Bring back' }))
  expect((await screen.findAllByText('The memory is back as it was')).length).toBeGreaterThan(0)
  expect(asked).toBe(1)
})

test('a damaged one stays, with the reason', async () => {
  server.use(
    http.post(PATH, () => HttpResponse.json({ code: 'archive_damaged', detail: 'It is damaged.' }, { status: 409 })),
  )
  renderPage(<Archived memory={COLD} />)
  await userEvent.click(await screen.findByRole('button', { name: 'Bring back' }))
  expect((await screen.findAllByText('It was not brought back: It is damaged.')).length).toBeGreaterThan(0)
  expect(screen.getByRole('button', { name: 'Bring back' })).toBeEnabled()
})
