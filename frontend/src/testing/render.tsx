import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import {
  createMemoryHistory,
  createRootRouteWithContext,
  createRoute,
  createRouter,
  Outlet,
  RouterProvider,
} from '@tanstack/react-router'
import { render } from '@testing-library/react'
import type { ReactNode } from 'react'
import type { Account } from '@/api/account'
import type { router as dashboard } from '@/app/router'
import { parseSearch, stringifySearch } from '@/app/search-params'
import { PlansContext } from '@/components/plan-limit'
import Toaster from '@/components/toaster'
import { auditSearch } from '@/features/audit'
import { billingSearch, ledgerSearch, usageSearch } from '@/features/billing'
import { memoriesSearch } from '@/features/memories'
import { reviewSearch } from '@/features/reviews'
import { webhookSearch } from '@/features/webhooks'
import { LocaleProvider } from '@/i18n/locale'

export const ACCOUNT: Account = {
  user: {
    id: 'u',
    email: 'ada@example.com',
    name: 'Ada',
    email_verified: true,
    has_password: true,
    mfa: { totp: false, passkeys: 0, recovery_codes: 0 },
    delete_after: null,
    pending_email: null,
  },
  org: {
    id: 'o',
    slug: 'acme',
    name: 'Acme',
    created_at: '2026-01-01T00:00:00Z',
    branding: { name: null, primary_color: null, accent_color: null, logo_url: null },
  },
  mfa_enrollment_required: false,
  session_id: 's',
  authenticated_at: '2026-01-01T00:00:00Z',
  roles: ['owner'],
  permissions: ['memory:read', 'memory:write'],
  memory_context: 'org_o_context',
  subscription_tier: 'free',
  orgs: [],
}

/** Shows a page at an address of the organisation "acme", with everything around it that pages rely on. */
export function renderPage(page: ReactNode, path = '/acme/memories', account = ACCOUNT) {
  const root = createRootRouteWithContext()({ component: Outlet })
  const org = createRoute({ getParentRoute: () => root, path: '$org', beforeLoad: () => ({ account }) })
  const list = createRoute({
    getParentRoute: () => org,
    path: 'memories/',
    validateSearch: memoriesSearch,
    component: () => page,
  })
  const review = createRoute({
    getParentRoute: () => org,
    path: 'review',
    validateSearch: reviewSearch,
    component: () => page,
  })
  const memoryPage = createRoute({ getParentRoute: () => org, path: 'memories/$memoryId', component: () => page })
  const overview = createRoute({ getParentRoute: () => org, path: '/', component: () => page })
  const getParentRoute = () => org
  const component = () => page
  const billing = [
    createRoute({ getParentRoute, path: 'settings/billing', validateSearch: billingSearch, component }),
    createRoute({ getParentRoute, path: 'settings/usage/', validateSearch: usageSearch, component }),
    createRoute({ getParentRoute, path: 'settings/usage/ledger', validateSearch: ledgerSearch, component }),
    createRoute({ getParentRoute, path: 'settings/invoices/', component }),
    createRoute({ getParentRoute, path: 'settings/invoices/$invoiceId', component }),
  ]
  const events = [
    createRoute({ getParentRoute, path: 'settings/webhooks/', component }),
    createRoute({ getParentRoute, path: 'settings/webhooks/$webhookId', validateSearch: webhookSearch, component }),
    createRoute({ getParentRoute, path: 'settings/audit', validateSearch: auditSearch, component }),
  ]
  const router = createRouter({
    routeTree: root.addChildren([org.addChildren([overview, list, review, memoryPage, ...billing, ...events])]),
    history: createMemoryHistory({ initialEntries: [path] }),
    parseSearch,
    stringifySearch,
  })
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  render(
    <LocaleProvider>
      <QueryClientProvider client={client}>
        <PlansContext value={{ org: 'acme', mayChange: account.permissions.includes('billing:write') }}>
          {/* Pages are typed for the dashboard's router; this one has the few routes that they ask for. */}
          <RouterProvider router={router as unknown as typeof dashboard} />
        </PlansContext>
        <Toaster />
      </QueryClientProvider>
    </LocaleProvider>,
  )
  return router
}
