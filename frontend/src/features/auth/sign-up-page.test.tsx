import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { expect, test, vi } from 'vitest'
import { renderPage } from '@/testing/render'
import { server } from '@/testing/server'
import { SignUpForm } from './sign-up-page'

async function fill() {
  await userEvent.type(await screen.findByLabelText('Organisation'), 'Acme')
  await userEvent.type(screen.getByLabelText('E-mail'), 'ada@example.com')
  await userEvent.type(screen.getByLabelText('Password'), 'password1234')
  await userEvent.click(screen.getByRole('button', { name: 'Create account' }))
}

test('what the server says of a field stands at the field', async () => {
  const errors = [{ pointer: '/password', code: 'password_too_common', detail: 'This password is too common.' }]
  server.use(
    http.post('*/api/v1/auth/signup', () => HttpResponse.json({ code: 'validation_failed', errors }, { status: 400 })),
  )
  const done = vi.fn()
  renderPage(<SignUpForm onSignedUp={done} />)
  await fill()
  expect(await screen.findByText('This password is too common.')).toBeVisible()
  expect(screen.getByLabelText('Password')).toBeInvalid()
  expect(screen.getByLabelText('Password')).toHaveFocus()
  expect(done).not.toHaveBeenCalled()
})

test('a server that cannot be reached is said above the form, and what was typed stays', async () => {
  server.use(http.post('*/api/v1/auth/signup', () => HttpResponse.error()))
  renderPage(<SignUpForm onSignedUp={vi.fn()} />)
  await fill()
  expect(await screen.findByRole('alert')).toHaveTextContent('Lift OS cannot be reached')
  expect(screen.getByLabelText('E-mail')).toHaveValue('ada@example.com')
})
