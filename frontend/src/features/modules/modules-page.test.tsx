import { screen } from '@testing-library/react'
import { HttpResponse, http } from 'msw'
import { expect, test } from 'vitest'
import { ACCOUNT, renderPage } from '@/testing/render'
import { server } from '@/testing/server'
import { ModulesPage } from './modules-page'
import type { Module } from './queries'

function module(moduleId: string, changes: Partial<Module> = {}): Module {
  return {
    module_id: moduleId,
    name: moduleId,
    version: '1.0.0',
    description: '',
    icon: '',
    features: [],
    permissions: [`${moduleId}:read`],
    memory_requirements: {},
    ui_components: [],
    has_config: false,
    status: 'available',
    health: { state: 'available', is_serving: true, checked_at: null, contract_errors: [] },
    enabled: false,
    permissions_accepted: [],
    permissions_pending: [],
    ...changes,
  }
}

function answerWith(...results: Module[]) {
  server.use(http.get('*/api/v1/modules', () => HttpResponse.json({ results, next: null, total: results.length })))
}

const grown = module('grown', { enabled: true, permissions_pending: ['memory:read'] })

test('who may not change modules sees them, and nothing to change them with', async () => {
  answerWith(grown, module('other'))
  renderPage(<ModulesPage />, '/acme')
  expect(await screen.findByRole('heading', { name: 'other' })).toBeVisible()
  expect(screen.getByRole('link', { name: 'Open grown' })).toBeVisible()
  expect(screen.queryByRole('button', { name: /Enable|Review/ })).toBeNull()
})

test('who may is asked for consent to what a new version wants', async () => {
  answerWith(grown, module('other'))
  renderPage(<ModulesPage />, '/acme', { ...ACCOUNT, permissions: ['modules:read', 'modules:write'] })
  expect(await screen.findByText(/^The current version of grown asks for more/)).toBeVisible()
  expect(screen.getByRole('button', { name: 'Review what is new in grown' })).toBeVisible()
  expect(screen.getByRole('button', { name: 'Enable other' })).toBeVisible()
})

test('without modules it says so', async () => {
  answerWith()
  renderPage(<ModulesPage />, '/acme')
  expect(await screen.findByRole('heading', { name: 'There are no modules yet' })).toBeVisible()
})
