import type { QueryClient } from '@tanstack/react-query'
import { publicBrandingQuery } from '@/features/auth'
import { loadMessages } from '@/i18n/locale'

/** What the pages before one is signed in wait for: their texts, and whose place it is. */
export async function prepareEntrance(client: QueryClient) {
  await Promise.all([loadMessages('entrance'), client.prefetchQuery(publicBrandingQuery)])
}
