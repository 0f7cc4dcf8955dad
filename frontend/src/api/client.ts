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

/** Sends a request of the typed client. Throws an `ApiError`. */
async function send(request: Request): Promise<Response> {
  const answer = await sendAsUser(request)
  // Here and not by the caller: the client reads the body of an error, and a body is read once.
  if (!answer.ok) throw await problemOf(answer)
  return answer
}

/** Sends a request with the session's token; when it has run out, renews it and sends the request once more. */
export async function sendAsUser(request: Request): Promise<Response> {
  const again = request.clone()
  const answer = await deliver(request)
  if (answer.status !== 401 || SIGNING_IN.includes(new URL(request.url).pathname)) return answer
  if (await renewSession()) return deliver(again)
  end()
  return answer
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

/** Returns the body of a call; what is not a success was thrown before. */
export async function answerOf<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T
}
