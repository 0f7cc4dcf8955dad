import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'
import { renderPage } from '@/testing/render'
import { PermissionList } from './permission-list'

const ROWS = [
  { permission: 'members:write', area: 'members', description: 'x', module: null, held: false },
  { permission: 'org:admin', area: 'org', description: 'x', module: null, held: false },
  { permission: 'demo:read', area: 'demo', description: 'Reads notes', module: 'demo', held: true },
]

test('what one does not have cannot be given, and says so; what is given already can be taken away', async () => {
  const change = vi.fn()
  renderPage(<PermissionList rows={ROWS} chosen={new Set(['members:write'])} onChange={change} />)
  const admin = await screen.findByRole('checkbox', { name: /^Hand over or delete the organisation/ })
  expect(admin).toBeDisabled()
  expect(admin).toHaveAccessibleDescription('You do not have this yourself, so you cannot give it.')
  await userEvent.click(screen.getByRole('checkbox', { name: /^Invite, change and remove members/ }))
  expect(change).toHaveBeenLastCalledWith(new Set())
  await userEvent.click(screen.getByRole('checkbox', { name: /^Reads notes/ }))
  expect(change).toHaveBeenLastCalledWith(new Set(['members:write', 'demo:read']))
  expect(screen.getByRole('group', { name: 'Module demo' })).toBeVisible()
})
