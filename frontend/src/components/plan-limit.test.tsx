import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { ApiError } from '@/lib/problem'
import { ACCOUNT, renderPage } from '@/testing/render'
import { Button } from './button'
import { Refusal, useFailed } from './plan-limit'
import { Problem } from './problem'
import { ErrorState } from './states'

const OWNER = { ...ACCOUNT, permissions: ['billing:read', 'billing:write'] }
const bytes = new ApiError({
  status: 402,
  code: 'quota_exceeded',
  detail: 'Over the limit.',
  availableIn: ['starter', 'professional'],
  more: { gate: 'quota', meter: 'memory_bytes', limit: 10 * 1024 ** 3 },
})
const missing = new ApiError({ status: 403, code: 'plan_required', detail: 'No.', availableIn: ['enterprise'] })
const unnamed = new ApiError({ status: 402, code: 'quota_exceeded', detail: 'No room for a third.' })

test('in the place of a page, a limit says which it is, what lifts it, and leads to the plans', async () => {
  renderPage(<ErrorState error={bytes} />, '/acme', OWNER)
  expect(
    await screen.findByText('Memory: your plan’s limit of 10 GB is reached. Starter or Professional lifts it.'),
  ).toBeVisible()
  expect(screen.getByRole('link', { name: 'See the plans' })).toHaveAttribute('href', '/acme/settings/billing#plans')
})

test('who may not change the plan is told whom to ask', async () => {
  renderPage(<ErrorState error={missing} onRetry={() => {}} />, '/acme')
  expect(
    await screen.findByText(
      'This is not part of your plan. Enterprise lifts it. Ask an owner or an administrator of the organisation for another plan.',
    ),
  ).toBeVisible()
  expect(screen.getByRole('heading', { name: 'Your plan does not include this' })).toBeVisible()
  expect(screen.queryByRole('link')).toBeNull()
  // Asking again changes nothing.
  expect(screen.queryByRole('button')).toBeNull()
})

test('beside what was refused, too', async () => {
  renderPage(
    <>
      <Problem error={unnamed} />
      <Refusal error={missing} say={(reason) => `Not enabled: ${reason}`} />
    </>,
    '/acme',
    OWNER,
  )
  expect(await screen.findByText('No room for a third.')).toBeVisible()
  expect(screen.getByText('Not enabled: This is not part of your plan. Enterprise lifts it.')).toBeVisible()
  expect(screen.getAllByRole('link', { name: 'See the plans' })).toHaveLength(2)
})

test('another refusal says its reason, and nothing of plans', async () => {
  const other = new ApiError({ status: 403, code: 'permission_denied', detail: 'You may not.' })
  renderPage(<Refusal error={other} say={(reason) => `Not done: ${reason}`} />, '/acme', OWNER)
  expect(await screen.findByText('Not done: You may not.')).toBeVisible()
  expect(screen.queryByRole('link')).toBeNull()
})

function Failing() {
  const failed = useFailed()
  return <Button onClick={() => failed(bytes, (reason) => `Not stored: ${reason}`)}>Store</Button>
}

test('a short message leads to the plans by its button', async () => {
  const router = renderPage(<Failing />, '/acme', OWNER)
  await userEvent.click(await screen.findByRole('button', { name: 'Store' }))
  expect((await screen.findAllByText(/^Not stored: Memory: your plan’s limit/))[0]).toBeInTheDocument()
  // What announces a refusal speaks it apart from what is seen, until the focus comes there.
  await userEvent.click(screen.getByRole('button', { name: 'See the plans', hidden: true }))
  await waitFor(() => expect(router.state.location.href).toBe('/acme/settings/billing#plans'))
})
