import { QueryClient } from '@tanstack/react-query'
import { ApiError } from '@/lib/problem'

const RETRIES = 2

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // "Offline" is said by the failed request, with a retry, rather than by a page that waits.
      networkMode: 'always',
      staleTime: 30_000,
      // What the server refuses once, it refuses again.
      retry: (count, error) => count < RETRIES && (!(error instanceof ApiError) || error.isPassing),
      retryDelay: (count) => 400 * 2 ** count,
    },
    mutations: { networkMode: 'always' },
  },
})
