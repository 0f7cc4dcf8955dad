import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { expect, test } from 'vitest'
import { renderPage } from '@/testing/render'
import { server } from '@/testing/server'
import { Holds } from './holds'

/** Shows the dialog; returns what is asked of the API, which keeps so many memories. */
async function placing(memories: number): Promise<unknown[]> {
  const asked: unknown[] = []
  server.use(
    http.get('*/api/v1/memory/holds', () => HttpResponse.json({ results: [], next: null, total: 0 })),
    http.post('*/api/v1/memory/holds', async ({ request }) => {
      asked.push(await request.json())
      return HttpResponse.json({ id: 'h', name: 'Case 7', memories }, { status: 201 })
    }),
  )
  renderPage(<Holds />)
  await userEvent.click(await screen.findByRole('button', { name: 'Place a hold' }))
  await userEvent.type(screen.getByLabelText('Name'), 'Case 7')
  return asked
}

function place() {
  return userEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Place a hold' }))
}

test.each(['E-mail', 'Réunion', '7 days'])('what can be no type is refused at its field: %s', async (typed) => {
  const asked = await placing(1)
  const field = screen.getByLabelText('Type of memories')
  await userEvent.type(field, typed)
  await place()
  expect(field).toHaveFocus()
  expect(field).toBeInvalid()
  expect(field).toHaveAccessibleDescription(/^No type is written like that/)
  expect(asked).toEqual([])
  await userEvent.clear(field)
  await userEvent.type(field, ' Customer voice ')
  expect(field).toBeValid()
  expect(within(screen.getByRole('dialog')).getByRole('status')).toHaveTextContent(/: Customer voice$/)
  await place()
  expect((await screen.findAllByText('1 memory is kept')).length).toBeGreaterThan(0)
  expect(asked).toEqual([{ name: 'Case 7', reason: '', filters: { memory_type: 'customer_voice' } }])
})

test('a hold that keeps nothing now says so', async () => {
  await placing(0)
  await userEvent.type(screen.getByLabelText('Type of memories'), 'Emial')
  await place()
  expect(
    (await screen.findAllByText('The hold is placed, but keeps nothing now: no memory is like that')).length,
  ).toBeGreaterThan(0)
  expect(screen.queryByText('0 memories are kept')).toBeNull()
})
