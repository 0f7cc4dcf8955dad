import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { expect, test } from 'vitest'
import { renderPage } from '@/testing/render'
import { server } from '@/testing/server'
import { Archive } from './archive'
import { Rules } from './rules'

const FIGURES = { memories: 2, size_before: 18_601, size_after: 13_419, unpacked_bytes: 0, packed_bytes: 0 }

test('rules are read and saved, types as one writes them, what is for the others last', async () => {
  let rules = [
    { memory_type: null, days: 365, action: 'trash', active: true, due: 3 },
    { memory_type: 'note', days: 30, action: 'erase', active: false, due: 0 },
  ]
  let sent: unknown
  server.use(
    http.get('*/api/v1/memory/retention', () => HttpResponse.json({ rules })),
    http.put('*/api/v1/memory/retention', async ({ request }) => {
      sent = await request.json()
      rules = rules.slice(0, 1)
      return HttpResponse.json({ rules })
    }),
  )
  renderPage(<Rules />)
  const listed = await screen.findAllByRole('listitem')
  expect(listed.map(({ textContent }) => textContent)).toEqual([
    'Note: erased after 30 days; switched off, it deletes nothing',
    'All other types: to the trash after 365 days3 memories are due',
  ])
  await userEvent.click(screen.getByRole('button', { name: 'Edit rules' }))
  const form = screen.getByRole('form', { name: 'Edit rules' })
  expect(within(form).getAllByLabelText('Type')[0]).toHaveFocus()
  await userEvent.click(within(form).getByRole('button', { name: 'Remove the rule for Note' }))
  expect(within(form).getByRole('button', { name: 'Add a rule' })).toHaveFocus()
  await userEvent.click(within(form).getByRole('button', { name: 'Add a rule' }))
  await userEvent.keyboard('Customer voice')
  await userEvent.selectOptions(within(form).getAllByLabelText('Then')[1] as HTMLElement, 'erase')
  await userEvent.click(within(form).getByRole('button', { name: 'Save rules' }))
  expect(await screen.findByText('All types: to the trash after 365 days')).toBeVisible()
  expect(screen.getByRole('button', { name: 'Edit rules' })).toHaveFocus()
  expect(sent).toEqual({
    rules: [
      { memory_type: null, days: 365, action: 'trash', active: true },
      { memory_type: 'customer_voice', days: 365, action: 'erase', active: true },
    ],
  })
})

test.each([
  ['In force', 'Saved: no rule is in force'],
  ['Remove the rule for Note', 'Saved: no rule is in force'],
  ['Days', 'The rules are in force'],
])('what is told after saving is true of the rules: %s', async (changed, told) => {
  const rules = [{ memory_type: 'note', days: 30, action: 'trash', active: true, due: 0 }]
  server.use(
    http.get('*/api/v1/memory/retention', () => HttpResponse.json({ rules })),
    http.put('*/api/v1/memory/retention', () => HttpResponse.json({ rules })),
  )
  renderPage(<Rules />)
  await userEvent.click(await screen.findByRole('button', { name: 'Edit rules' }))
  await userEvent.click(screen.getByLabelText(changed))
  await userEvent.click(screen.getByRole('button', { name: 'Save rules' }))
  expect((await screen.findAllByText(told)).length).toBeGreaterThan(0)
})

test('rules of the archive stand beside what it saves, and are not lost unasked', async () => {
  server.use(http.get('*/api/v1/memory/archive/rules', () => HttpResponse.json({ rules: [], ...FIGURES })))
  renderPage(<Archive />)
  expect(
    await screen.findByText(/^2 memories are archived: they take 13.1 kB of the plan instead of 18.2 kB\.$/),
  ).toBeVisible()
  expect(screen.getByRole('link', { name: 'Show them' })).toHaveAttribute('href', '/acme/memories?state=archived')
  await userEvent.click(screen.getByRole('button', { name: 'Edit archive rules' }))
  expect(screen.getByRole('button', { name: 'Add a rule' })).toHaveFocus()
  await userEvent.keyboard('{Enter}{Escape}')
  await userEvent.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Keep editing' }))
  expect(screen.getByLabelText('Days')).toHaveValue(365)
  await userEvent.click(screen.getByRole('button', { name: 'Cancel' }))
  await userEvent.click(within(await screen.findByRole('dialog')).getByRole('button', { name: /^Discard/ }))
  expect(screen.queryByRole('form')).toBeNull()
  expect(screen.getByText('Nothing is archived by itself.')).toBeVisible()
})
