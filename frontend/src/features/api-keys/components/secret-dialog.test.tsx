import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'
import { renderPage } from '@/testing/render'
import { SecretDialog } from './secret-dialog'

const MADE = {
  id: 'k',
  name: 'Importer',
  prefix: 'lift_live_ab',
  scopes: ['memory:read'],
  created_by: { id: 'u', email: 'ada@example.com' },
  created_at: '2026-11-28T10:00:00Z',
  expires_at: null,
  last_used_at: null,
  revoked_at: null,
  status: 'active' as const,
  rotated_from: null,
  secret: 'lift_live_abcdef',
}

test('the secret stays until somebody says that it is kept', async () => {
  const closed = vi.fn()
  renderPage(<SecretDialog made={MADE} onClose={closed} />)
  expect(await screen.findByText('lift_live_abcdef')).toBeVisible()
  expect(screen.getByText(/^curl -H 'X-API-Key: lift_live_abcdef'/)).toBeVisible()
  await userEvent.keyboard('{Escape}')
  expect(closed).not.toHaveBeenCalled()
  expect(screen.getByRole('button', { name: 'Done' })).toBeDisabled()
  await userEvent.click(screen.getByRole('checkbox', { name: 'I have kept the key in a safe place' }))
  await userEvent.click(screen.getByRole('button', { name: 'Done' }))
  expect(closed).toHaveBeenCalledOnce()
})
