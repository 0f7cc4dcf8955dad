import { queryOptions } from '@tanstack/react-query'
import { sendAsUser } from '@/api/client'
import { problemOf, unreachable } from '@/lib/problem'
import type { ModuleRequest } from './bridge'
import { below } from './places'

export function frameUrl(slug: string) {
  return `/module-ui/${slug}/`
}

/** Whether a module has an interface: a frame itself does not tell whether its document came. */
export function interfaceQuery(org: string, slug: string) {
  return queryOptions({
    queryKey: [org, 'modules', 'interface', slug],
    queryFn: async ({ signal }) => {
      const answer = await fetch(frameUrl(slug), { method: 'HEAD', signal }).catch((error) => {
        if (signal.aborted) throw error
        throw unreachable()
      })
      if (!answer.ok) throw await problemOf(answer)
      return true
    },
  })
}

/** Calls the module's own service as the person who looks at it; a refusal is an answer, too. */
export async function callService(slug: string, { path, verb, body }: (ModuleRequest & { method: 'fetch' })['params']) {
  const hasBody = verb !== 'GET' && body !== undefined
  const answer = await sendAsUser(
    new Request(below(`/api/v1/gateway/${slug}`, path), {
      method: verb,
      headers: { Accept: 'application/json', ...(hasBody && { 'Content-Type': 'application/json' }) },
      ...(hasBody && { body: JSON.stringify(body) }),
    }),
  )
  const isJson = answer.headers.get('Content-Type')?.includes('json')
  return { status: answer.status, body: isJson ? await answer.json() : await answer.text() }
}
