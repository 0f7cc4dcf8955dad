/** Calls whose end of the server is being written: their types stand here until the API's document has them. */
import type { components } from './schema'

type S = components['schemas']
type Page<Row> = { results: Row[]; next: string | null; total: number }
type Op<Answer, Body = never, Query = never, Path = never> = {
  parameters: {
    query?: Query
    header?: never
    path: Path
    cookie?: never
  }
  requestBody?: [Body] extends [never] ? never : { content: { 'application/json': Body } }
  responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': Answer } } }
}
type Plain<Answer, Body = never, Query = never> = Omit<Op<Answer, Body, Query>, 'parameters'> & {
  parameters: { query?: Query; header?: never; path?: never; cookie?: never }
}
type Id = { id: string }

export type OauthLink = { id: string; provider: string; name: string; email: string; linked_at: string }

export interface UpcomingPaths {
  '/api/v1/auth/oauth': { get: Plain<{ results: { id: string; name: string }[] }> }
  '/api/v1/auth/oauth/signup': {
    post: Plain<S['SignupOutput'], { token: string; org_name: string; name?: string; use_cookie: boolean }>
  }
  '/api/v1/auth/oauth/{provider}/link': {
    post: Op<{ authorization_url: string }, { next: string }, never, { provider: string }>
  }
  '/api/v1/auth/oauth/links': { get: Plain<Page<OauthLink>> }
  '/api/v1/auth/oauth/links/{id}': { delete: Op<undefined, never, never, Id> }
}
