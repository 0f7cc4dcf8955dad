import { screen } from '@testing-library/react'
import { HttpResponse, http } from 'msw'
import { expect, test } from 'vitest'
import type { Schemas } from '@/api/client'
import { renderPage } from '@/testing/render'
import { server } from '@/testing/server'
import StatusBanner from './status-banner'

type Status = Schemas['StatusOutput']

function answer(status: Status['status'], ...components: Status['components']) {
  server.use(
    http.get('*/api/v1/status', () =>
      HttpResponse.json({ status, components, incidents: [], as_of: '2026-11-28T10:00:00Z' }),
    ),
  )
}

const FINE = { name: 'search', status: 'operational', consequence: '', since: null } as const

test('what is impaired is said by what it means, and what works is not', async () => {
  answer('degraded', FINE, {
    name: 'webhooks',
    status: 'degraded',
    consequence: 'Webhooks are sent later than usual.',
    since: '2026-11-28T09:00:00Z',
  })
  renderPage(<StatusBanner />)
  expect(await screen.findByText('A part of Lift OS is impaired.')).toBeVisible()
  expect(screen.getAllByRole('listitem').map((one) => one.textContent)).toEqual([
    expect.stringMatching(/^Webhooks are sent later than usual\. Since /),
  ])
})

test('nothing is said while everything works', async () => {
  answer('operational', FINE)
  renderPage(
    <>
      <StatusBanner />
      <p>The page</p>
    </>,
  )
  expect(await screen.findByText('The page')).toBeVisible()
  await expect(screen.findByRole('region', { name: 'State of Lift OS' }, { timeout: 500 })).rejects.toThrow()
})
