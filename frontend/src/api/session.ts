/**
 * The session of this tab. The access token lives in this module alone, never in storage; the refresh token is a cookie
 * that no script can read.
 */
import { problemOf, unreachable } from '@/lib/problem'

let access: string | null = null
let renewal: Promise<boolean> | null = null
const endings = new Set<() => void>()
const tabs = new BroadcastChannel('lift.session')
tabs.onmessage = () => end()

export function accessToken() {
  return access
}

export function openSession(token: string) {
  access = token
}

/** Whether there is a session, be it one that an earlier visit has left in the cookie. */
export async function hasSession(): Promise<boolean> {
  return access !== null || (await renewSession())
}

/** The organisation that the token speaks for. */
export function tokenOrganization(): string | null {
  const payload = access?.split('.')[1]
  if (!payload) return null
  const claims = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as { org_id?: string }
  return claims.org_id ?? null
}

/** Is called when the session of this tab has ended, here or in another tab. */
export function onSessionEnd(listener: () => void) {
  endings.add(listener)
  return () => void endings.delete(listener)
}

/** Ends the session in all tabs, after the server has ended it. */
export function closeSession() {
  tabs.postMessage('ended')
  end()
}

function end() {
  // Many requests may hear that there is no session any more; it ends once.
  if (access === null) return
  access = null
  for (const listener of endings) listener()
}

/**
 * Exchanges the refresh cookie for a new access token; false if there is no session any more. Any number of callers make
 * one request: the server takes a second use of a refresh token for theft and ends the session, so tabs take turns, too.
 */
export function renewSession(): Promise<boolean> {
  renewal ??= inTurn(renew).finally(() => {
    renewal = null
  })
  return renewal
}

async function renew(): Promise<boolean> {
  const organization = tokenOrganization()
  const before = access
  const answer = await post('/api/v1/auth/token/refresh', {})
  // Somebody has signed out or in meanwhile: the answer is about the session before.
  if (access !== before) return access !== null
  if (answer.status === 401) {
    end()
    return false
  }
  access = await tokenOf(answer)
  // The cookie is shared: another tab may have moved it to another organisation. This tab stays where it is.
  if (organization && tokenOrganization() !== organization) await switchToken(organization)
  return true
}

/** Gets a token for another organisation of the same person. */
export function switchSession(organization: string): Promise<void> {
  return inTurn(() => switchToken(organization))
}

async function switchToken(organization: string) {
  access = await tokenOf(await post('/api/v1/auth/switch', { org_id: organization, use_cookie: true }))
}

async function tokenOf(answer: Response): Promise<string> {
  if (!answer.ok) throw await problemOf(answer)
  return ((await answer.json()) as { access: string }).access
}

async function post(path: string, body: object): Promise<Response> {
  try {
    return await fetch(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(access ? { Authorization: `Bearer ${access}` } : {}) },
      body: JSON.stringify(body),
      // A reload in between must not lose the new cookie: the old one is spent.
      keepalive: true,
    })
  } catch {
    throw unreachable()
  }
}

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  // Browsers have locks on secure origins only.
  return navigator.locks ? navigator.locks.request('lift.session', work) : work()
}
