import { createRouter } from '@tanstack/react-router'
import { routeTree } from '@/route-tree.gen'
import { NotFoundPage, OutlinePage, ProblemPage } from './fallbacks'
import { queryClient } from './query-client'
import { parseSearch, stringifySearch } from './search-params'

export const router = createRouter({
  routeTree,
  context: { queryClient },
  defaultPreload: 'intent',
  // Queries know themselves how long they stay fresh.
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  parseSearch,
  stringifySearch,
  defaultErrorComponent: ProblemPage,
  defaultNotFoundComponent: NotFoundPage,
  defaultPendingComponent: OutlinePage,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
  interface HistoryState {
    /** The cursors of the pages before this one, so that a list can go back. */
    trail?: string[]
  }
}
