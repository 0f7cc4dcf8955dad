import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { expect, test } from 'vitest'
import type { Account } from '@/api/account'
import { ACCOUNT, renderPage } from '@/testing/render'
import { server } from '@/testing/server'
import Models from './components/models'
import type { Epoch } from './epochs'

const ADMIN: Account = { ...ACCOUNT, permissions: ['memory:admin'] }

function epochOf(model: string, status: string, filled: number): Epoch {
  return {
    epoch_id: `0192f3c1-6a2b-7c00-8000-0000000000${model.length.toString().padStart(2, '0')}`,
    model,
    dimension: 256,
    status,
    memories: 1_200,
    filled,
    created_by: null,
    created_at: '2026-11-29T12:00:00Z',
    ready_at: null,
    activated_at: null,
    left_at: null,
    ended_at: null,
  }
}

test('a model is started, fills, answers, and the former one comes back', async () => {
  const asked: string[] = []
  let epochs = [epochOf('mini', 'active', 1_200)]
  const models = [
    { name: 'mini', dimension: 384, is_remote: false },
    { name: 'far-away', dimension: 8, is_remote: true },
  ]
  const note = (what: string, next: Epoch[]) => {
    asked.push(what)
    epochs = next
    return HttpResponse.json(next[0], { status: what === 'start' ? 202 : 200 })
  }
  server.use(
    http.get('*/api/v1/memory/epochs', () => HttpResponse.json({ results: epochs, models })),
    http.post('*/api/v1/memory/epochs', () =>
      note('start', [epochOf('far-away', 'filling', 300), epochOf('mini', 'active', 1_200)]),
    ),
    http.post('*/api/v1/memory/epochs/:id/switch', ({ params }) =>
      String(params.id).endsWith('08')
        ? note('switch', [epochOf('far-away', 'active', 1_200), epochOf('mini', 'standby', 1_200)])
        : note('back', [epochOf('far-away', 'standby', 1_200), epochOf('mini', 'active', 1_200)]),
    ),
    http.delete('*/api/v1/memory/epochs/:id', () => {
      note('drop', [epochOf('mini', 'active', 1_200)])
      return new HttpResponse(null, { status: 204 })
    }),
  )
  renderPage(<Models />, '/acme', ADMIN)
  expect(await screen.findByText('In use · 1,200 of 1,200 memories read')).toBeVisible()
  expect(screen.getByText('Texts and questions are sent to the server of this model.')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Have it read the memory' }))
  const bar = await screen.findByRole('progressbar', { name: 'How far far-away has come' })
  expect(bar).toHaveAttribute('aria-valuenow', '25')

  // It is looked at again by itself.
  epochs = [epochOf('far-away', 'ready', 1_200), epochOf('mini', 'active', 1_200)]
  await userEvent.click(await screen.findByRole('button', { name: 'Switch to far-away' }, { timeout: 3_000 }))
  await userEvent.click(await screen.findByRole('button', { name: 'Roll back to mini' }))
  await userEvent.click(await screen.findByRole('button', { name: 'Delete the vectors of far-away' }))
  const dialog = within(await screen.findByRole('dialog', { name: 'Delete the vectors of a model?' }))
  await userEvent.click(dialog.getByRole('button', { name: 'Delete' }))
  expect(await screen.findByRole('option', { name: 'far-away (8 dimensions)' })).toBeInTheDocument()
  expect(asked).toEqual(['start', 'switch', 'back', 'drop'])
})
