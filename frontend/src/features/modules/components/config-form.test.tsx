import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { expect, test } from 'vitest'
import { renderPage } from '@/testing/render'
import { server } from '@/testing/server'
import { ConfigForm } from './config-form'

const MODULE = {
  module_id: 'demo',
  config_schema: {
    type: 'object',
    required: ['greeting'],
    properties: {
      greeting: { type: 'string', title: 'Greeting', description: 'What it says first.' },
      days: { type: 'integer', title: 'Days', default: 7 },
      tone: { enum: ['warm', 'brief'], title: 'Tone' },
      is_loud: { type: 'boolean', title: 'Speak loudly' },
    },
  },
}

test('what is typed is stored as the schema has it', async () => {
  let sent: unknown
  server.use(
    http.put('*/api/v1/modules/demo/config', async ({ request }) => {
      sent = await request.json()
      return HttpResponse.json({ ...(sent as object), version: 2 })
    }),
  )
  renderPage(<ConfigForm module={MODULE} stored={{ greeting: 'Hi' }} />, '/acme')
  const greeting = await screen.findByRole('textbox', { name: 'Greeting' })
  expect(greeting).toHaveAccessibleDescription('What it says first.')
  await userEvent.clear(greeting)
  await userEvent.type(greeting, 'Good day')
  await userEvent.selectOptions(screen.getByRole('combobox', { name: 'Tone (optional)' }), 'brief')
  await userEvent.click(screen.getByRole('checkbox', { name: 'Speak loudly' }))
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  expect(await screen.findByText('The settings are saved')).toBeVisible()
  expect(sent).toEqual({ config: { greeting: 'Good day', days: 7, tone: 'brief', is_loud: true } })
})

test('what the server refuses stands at its field, which takes the focus, and what was typed stays', async () => {
  server.use(
    http.put('*/api/v1/modules/demo/config', () =>
      HttpResponse.json(
        {
          code: 'invalid_configuration',
          detail: 'No.',
          errors: [
            { pointer: '/days', code: 'maximum', detail: '99 is greater than the maximum of 30' },
            { pointer: '', code: 'dependentRequired', detail: 'Something about the whole.' },
          ],
        },
        { status: 400 },
      ),
    ),
  )
  renderPage(<ConfigForm module={MODULE} stored={{ greeting: 'Hi' }} />, '/acme')
  const days = await screen.findByRole('textbox', { name: 'Days (optional)' })
  await userEvent.clear(days)
  await userEvent.type(days, '99')
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  expect(await screen.findByText('99 is greater than the maximum of 30')).toBeVisible()
  expect(days).toHaveFocus()
  expect(days).toBeInvalid()
  expect(days).toHaveValue('99')
  expect(screen.getByRole('alert')).toHaveTextContent('Something about the whole.')
})

test('a mistake that is plain is said without asking', async () => {
  renderPage(<ConfigForm module={MODULE} stored={{}} />, '/acme')
  await userEvent.type(await screen.findByRole('textbox', { name: 'Days (optional)' }), 'x')
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  expect(await screen.findByText('This is needed.')).toBeVisible()
  expect(screen.getByText('Enter a number.')).toBeVisible()
  expect(screen.getByRole('textbox', { name: 'Greeting' })).toHaveFocus()
})
