import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { expect, test, vi } from 'vitest'
import { ACCOUNT, renderPage } from '@/testing/render'
import { server } from '@/testing/server'
import type { Module } from '../queries'
import { ConsentDialog } from './consent-dialog'

const MODULE: Module = {
  module_id: 'demo',
  name: 'Demo',
  version: '1.0.0',
  description: '',
  icon: '',
  features: [],
  permissions: ['demo:read', 'demo:run_tests', 'memory:write'],
  memory_requirements: { read_access: false, write_access: true, memory_types: ['note'] },
  ui_components: [],
  has_config: false,
  status: 'available',
  health: { state: 'available', is_serving: true, checked_at: null, contract_errors: [] },
  enabled: false,
  permissions_accepted: [],
  permissions_pending: [],
}

test('it says in words what a module asks for, and agrees to exactly that', async () => {
  let sent: unknown
  server.use(
    http.post('*/api/v1/modules/demo/enable', async ({ request }) => {
      sent = await request.json()
      return HttpResponse.json({ ...MODULE, enabled: true, config_schema: {}, routes: [], versions: [] })
    }),
    http.post('*/api/v1/auth/token/refresh', () => HttpResponse.json({ access: 'a.e30=.b' })),
    http.get('*/api/v1/auth/me', () => HttpResponse.json(ACCOUNT)),
  )
  const close = vi.fn()
  renderPage(<ConsentDialog module={MODULE} isOpen onClose={close} />, '/acme')
  const dialog = await screen.findByRole('dialog', { name: 'Enable Demo?' })
  const asked = within(within(dialog).getByRole('list', { name: 'It asks for' })).getAllByRole('listitem')
  expect(asked.map((one) => one.textContent)).toEqual([
    'Let people see what Demo shows. demo:read',
    'Let people use “run tests” in Demo. demo:run_tests',
    'Store memories for your organisation. memory:write',
  ])
  expect(dialog).toHaveTextContent('It writes to the memory and reads nothing from it.')
  expect(dialog).toHaveTextContent('Kinds of memories: note.')
  await userEvent.click(within(dialog).getByRole('button', { name: 'Agree and enable' }))
  await vi.waitFor(() => expect(close).toHaveBeenCalledOnce())
  expect(sent).toEqual({ permissions_accepted: MODULE.permissions })
  expect(await screen.findByText('Demo is enabled')).toBeVisible()
})

test('what a new version asks for stands apart from what was agreed to', async () => {
  const module = {
    ...MODULE,
    enabled: true,
    permissions_accepted: ['demo:read'],
    permissions_pending: ['memory:write'],
  }
  renderPage(<ConsentDialog module={module} isOpen onClose={() => {}} />, '/acme')
  const dialog = await screen.findByRole('dialog', { name: 'Agree to what is new in Demo?' })
  expect(within(dialog).getByText('It now also asks for')).toBeVisible()
  expect(within(dialog).getByRole('list', { name: 'It asks for' })).toHaveTextContent('memory:write')
  expect(within(dialog).getByRole('list', { name: 'Agreed to before' })).toHaveTextContent('demo:read')
})

test('a refusal is said, and nothing is closed', async () => {
  server.use(
    http.post('*/api/v1/modules/demo/enable', () =>
      HttpResponse.json({ code: 'quota_exceeded', detail: 'Your plan has room for two modules.' }, { status: 402 }),
    ),
  )
  const close = vi.fn()
  renderPage(<ConsentDialog module={MODULE} isOpen onClose={close} />, '/acme')
  await userEvent.click(await screen.findByRole('button', { name: 'Agree and enable' }))
  expect(await screen.findByRole('alert')).toHaveTextContent('Your plan has room for two modules.')
  expect(close).not.toHaveBeenCalled()
})
