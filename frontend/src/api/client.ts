/** The typed client of the API: `schema.d.ts` is generated from the document that the API is described by. */
import createClient from 'openapi-fetch'
import { ApiError, problemOf, unreachable } from '@/lib/problem'
import { getProof } from './proof'
import type { components, paths } from './schema'
import { accessToken, renewSession } from './session'

export type Schemas = components['schemas']

// A 401 of these speaks of what was typed, not of the token.
const PROVING = [
  '/api/v1/auth/token',
  '/api/v1/auth/signup',
  '/api/v1/auth/mfa/verify',
  '/api/v1/auth/passkey',
  '/api/v1/auth/reauthenticate',
]

export const api = createClient<paths>({
  baseUrl: window.location.origin,
  fetch: send,
  querySerializer: { array: { style: 'form', explode: true } },
})

/**
 * Sends a request of the typed client. Where the server wants a fresh proof of who one is, asks for it and sends the
 * request once more. Throws an `ApiError`.
 */
async function send(request: Request): Promise<Response> {
  const again = request.clone()
  let answer = await answerOrProblem(await sendAsUser(request))
  if (answer instanceof ApiError && answer.code === 'reauthentication_required' && (await getProof()))
    answer = await answerOrProblem(await sendAsUser(again))
  if (answer instanceof ApiError) throw answer
  return answer
}

/** Reads what is no success here and not by the caller: the client reads the body of an error, and a body is read once. */
async function answerOrProblem(answer: Response): Promise<Response | ApiError> {
  return answer.ok ? answer : problemOf(answer)
}

/** Sends a request with the session's token; when it has run out, renews it and sends the request once more. */
export async function sendAsUser(request: Request): Promise<Response> {
  const again = request.clone()
  const answer = await deliver(request)
  if (answer.status !== 401 || PROVING.includes(new URL(request.url).pathname)) return answer
  return (await renewSession()) ? deliver(again) : answer
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
