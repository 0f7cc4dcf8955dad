import {
  infiniteQueryOptions,
  type QueryClient,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { accountQuery } from '@/api/account'
import { answerOf, api, type Schemas, sendAsUser } from '@/api/client'
import { renewSession } from '@/api/session'
import { useOrg } from '@/hooks/use-account'
import { problemOf, unreachable } from '@/lib/problem'
import type { ModuleRequest } from './bridge'
import { below } from './places'

export type Module = Schemas['ModuleOutput']
export type ModuleWhole = Schemas['ModuleWholeOutput']
export type UiComponent = Schemas['UiComponentOutput']
export type Check = Schemas['HealthCheckOutput']
export type Config = Schemas['ConfigOutput']['config']

const PAGE_SIZE = 50
/** How many checks the health's chart shows: twenty minutes of one that is well. */
const CHECKS_SHOWN = 120
// Modules are checked every ten seconds.
const HEALTH_EVERY_MS = 10_000

export function catalogueQuery(org: string) {
  return infiniteQueryOptions({
    queryKey: [org, 'modules', 'list'],
    queryFn: ({ pageParam, signal }) =>
      answerOf(
        api.GET('/api/v1/modules', {
          params: { query: { limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
  })
}

export function moduleQuery(org: string, moduleId: string) {
  return queryOptions({
    queryKey: [org, 'modules', 'one', moduleId],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/v1/modules/{module_id}', { params: { path: { module_id: moduleId } }, signal })),
  })
}

export function healthQuery(org: string, moduleId: string) {
  return queryOptions({
    queryKey: [org, 'modules', 'health', moduleId],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/api/v1/modules/{module_id}/health', {
          params: { path: { module_id: moduleId }, query: { limit: CHECKS_SHOWN } },
          signal,
        }),
      ),
    refetchInterval: HEALTH_EVERY_MS,
  })
}

export function configQuery(org: string, moduleId: string) {
  return queryOptions({
    queryKey: [org, 'modules', 'config', moduleId],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/v1/modules/{module_id}/config', { params: { path: { module_id: moduleId } }, signal })),
  })
}

export function useEnable(moduleId: string, onDone: () => void) {
  const settle = useSettle()
  return useMutation({
    mutationFn: (permissions: string[]) =>
      answerOf(
        api.POST('/api/v1/modules/{module_id}/enable', {
          params: { path: { module_id: moduleId } },
          body: { permissions_accepted: permissions },
        }),
      ),
    // Here and not by the caller, who may be gone: the card moves to those in use.
    onSuccess: async () => {
      await settle()
      onDone()
    },
  })
}

export function useDisable(moduleId: string, onDone: () => void) {
  const settle = useSettle()
  return useMutation({
    mutationFn: () =>
      answerOf(api.POST('/api/v1/modules/{module_id}/disable', { params: { path: { module_id: moduleId } } })),
    onSuccess: async () => {
      await settle()
      onDone()
    },
  })
}

export function useConfigure(moduleId: string) {
  const org = useOrg()
  const client = useQueryClient()
  return useMutation({
    mutationFn: (config: Config) =>
      answerOf(
        api.PUT('/api/v1/modules/{module_id}/config', {
          params: { path: { module_id: moduleId } },
          body: { config },
        }),
      ),
    onSuccess: (stored) => client.setQueryData(configQuery(org, moduleId).queryKey, stored),
  })
}

/** What an organisation enables changes the rights of its people: who is signed in is asked anew. */
function useSettle() {
  const org = useOrg()
  const client = useQueryClient()
  const router = useRouter()
  return async () => {
    await refreshAccount(client)
    await client.invalidateQueries({ queryKey: [org, 'modules'] })
    await router.invalidate()
  }
}

async function refreshAccount(client: QueryClient) {
  // The change itself has succeeded: what fails here is made good by the next page. The token is exchanged without
  // waiting for a refusal, since some processes of the server go on believing the old one for a few seconds.
  await renewSession().catch(() => {})
  await client.invalidateQueries({ queryKey: accountQuery.queryKey, refetchType: 'none' })
  await client.prefetchQuery({ ...accountQuery, staleTime: 0 })
}

/** Where the gateway serves one of a module's pages; `path` is that of its UI component. */
export function frameUrl(moduleId: string, path: string) {
  return `/module-ui/${moduleId}${path}/`
}

/** Whether a module's page can be had: a frame itself does not tell whether its document came. */
export function interfaceQuery(org: string, moduleId: string, path: string) {
  return queryOptions({
    queryKey: [org, 'modules', 'interface', moduleId, path],
    queryFn: async ({ signal }) => {
      const answer = await fetch(frameUrl(moduleId, path), { method: 'HEAD', signal }).catch((error) => {
        if (signal.aborted) throw error
        throw unreachable()
      })
      if (!answer.ok) throw await problemOf(answer)
      return true
    },
  })
}

type ServiceCall = (ModuleRequest & { method: 'fetch' })['params']

/** Calls the module's own service as the person who looks at it; a refusal is an answer, too. */
export async function callService(moduleId: string, { path, verb, body }: ServiceCall) {
  const hasBody = verb !== 'GET' && body !== undefined
  const answer = await sendAsUser(
    new Request(below(`/api/v1/gateway/${moduleId}`, path), {
      method: verb,
      headers: { Accept: 'application/json', ...(hasBody && { 'Content-Type': 'application/json' }) },
      ...(hasBody && { body: JSON.stringify(body) }),
    }),
  )
  const isJson = answer.headers.get('Content-Type')?.includes('json')
  return { status: answer.status, body: isJson ? await answer.json() : await answer.text() }
}
