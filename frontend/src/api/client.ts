/** The typed client of the API: `schema.d.ts` is generated from the document that the API is described by. */
import createClient from 'openapi-fetch'
import { problemOf, unreachable } from '@/lib/problem'
import type { components, paths } from './schema'
import { accessToken, end, renewSession } from './session'

export type Schemas = components['schemas']

// A 401 of these speaks of the password, not of the token.
const SIGNING_IN = ['/api/v1/auth/token', '/api/v1/auth/signup']

export const api = createClient<paths>({
  baseUrl: window.location.origin,
  fetch: send,
  querySerializer: { array: { style: 'form', explode: true } },
})

/** Sends a request; with a token that has run out, renews it and sends the request once more. */
async function send(request: Request): Promise<Response> {
  const again = request.clone()
  const first = await deliver(request)
  if (first.status !== 401 || SIGNING_IN.includes(new URL(request.url).pathname)) return first
  if (await renewSession()) return deliver(again)
  end()
  return first
}

async function deliver(request: Request): Promise<Response> {
  const token = accessToken()
  if (token) request.headers.set('Authorization', `Bearer ${token}`)
  try {
    return await globalThis.fetch(request)
  } catch (error) {
    if (request.signal.aborted) throw error
    throw unreachable()
  }
}

/** Returns the body of a success; throws an `ApiError` otherwise. */
export async function answerOf<T>(call: Promise<{ data?: T; response: Response }>): Promise<T> {
  const { data, response } = await call
  if (!response.ok) throw await problemOf(response)
  return data as T
}
