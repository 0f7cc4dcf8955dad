import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { expect, test, vi } from 'vitest'
import { renderPage } from '@/testing/render'
import { server } from '@/testing/server'
import { SecondStep } from './components/second-step'
import { SignInForm } from './sign-in-page'

test('an account with a second factor leads on to it', async () => {
  server.use(
    http.post('*/api/v1/auth/token', () =>
      HttpResponse.json({ code: 'mfa_required', mfa_token: 't', methods: ['totp'] }, { status: 401 }),
    ),
  )
  const second = vi.fn()
  renderPage(<SignInForm onSignedIn={vi.fn()} onSecondStep={second} />)
  await userEvent.type(await screen.findByLabelText('E-mail'), 'ada@example.com')
  await userEvent.type(screen.getByLabelText('Password'), 'password1234')
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }))
  await vi.waitFor(() => expect(second).toHaveBeenCalledWith('t', ['totp']))
})

test('a wrong code is said, a recovery code does as well', async () => {
  server.use(
    http.post('*/api/v1/auth/mfa/verify', async ({ request }) => {
      const { code } = (await request.json()) as { code: string }
      if (code !== 'spare-code') return HttpResponse.json({ code: 'invalid_code', detail: 'No.' }, { status: 400 })
      return HttpResponse.json({ access: 'a.e30=.x' })
    }),
  )
  const done = vi.fn()
  renderPage(<SecondStep mfaToken="t" methods={['totp', 'recovery_code']} onDone={done} onBack={vi.fn()} />)
  await userEvent.type(await screen.findByLabelText('Code from your app'), '123456{Enter}')
  expect(await screen.findByRole('alert')).toHaveTextContent('This code is wrong or was used before.')
  await userEvent.click(screen.getByRole('button', { name: 'Use a recovery code' }))
  expect(screen.queryByRole('alert')).toBeNull()
  await userEvent.type(screen.getByLabelText('Recovery code'), 'spare-code{Enter}')
  await vi.waitFor(() => expect(done).toHaveBeenCalledOnce())
})
