import { HttpResponse, http } from 'msw'
import { afterEach, expect, test, vi } from 'vitest'
import { ApiError } from '@/lib/problem'
import { server } from '@/testing/server'
import { answerOf, api } from './client'
import { onProofWanted } from './proof'
import { accessToken, closeSession, onSessionEnd, openSession, renewSession } from './session'

/** A token for an organisation, as far as this side reads it. */
function token(organization: string, name = 'a') {
  return `${name}.${btoa(JSON.stringify({ org_id: organization }))}.x`
}

afterEach(() => openSession(''))

function refresh(answer: () => Response | Promise<Response>) {
  const asked = vi.fn(answer)
  server.use(http.post('*/api/v1/auth/token/refresh', () => asked()))
  return asked
}

test('many calls with an old token make one refresh, and each is sent once more', async () => {
  openSession(token('acme', 'old'))
  const asked = refresh(() => HttpResponse.json({ access: token('acme', 'new') }))
  const bodies: unknown[] = []
  server.use(
    http.post('*/api/v1/memory/store', async ({ request }) => {
      if (request.headers.get('Authorization')?.startsWith('Bearer old')) return new HttpResponse(null, { status: 401 })
      bodies.push(await request.json())
      return HttpResponse.json({ memory_id: 'm', status: 'stored' }, { status: 201 })
    }),
  )
  const store = () => answerOf(api.POST('/api/v1/memory/store', { body: { content: 'x', memory_type: 'note' } }))
  await Promise.all([store(), store(), store()])
  expect(asked).toHaveBeenCalledOnce()
  expect(bodies).toEqual(Array(3).fill({ content: 'x', memory_type: 'note' }))
})

test('without a session any more all calls fail and the end is told once', async () => {
  openSession(token('acme'))
  refresh(() => new HttpResponse(null, { status: 401 }))
  server.use(http.get('*/api/v1/memory', () => new HttpResponse(null, { status: 401 })))
  const ended = vi.fn()
  const forget = onSessionEnd(ended)
  const list = () => expect(answerOf(api.GET('/api/v1/memory'))).rejects.toMatchObject({ status: 401 })
  await Promise.all([list(), list()])
  await list()
  expect(ended).toHaveBeenCalledOnce()
  expect(accessToken()).toBeNull()
  forget()
})

test('a renewal that is refused late does not end the session that has begun meanwhile', async () => {
  openSession(token('acme'))
  refresh(() => {
    openSession(token('acme', 'new'))
    return new HttpResponse(null, { status: 401 })
  })
  expect(await renewSession()).toBe(true)
  expect(accessToken()).toBe(token('acme', 'new'))
})

test('a renewal that is answered late does not open the session that has been left meanwhile', async () => {
  openSession(token('acme'))
  refresh(() => {
    closeSession()
    return HttpResponse.json({ access: token('acme', 'new') })
  })
  expect(await renewSession()).toBe(false)
  expect(accessToken()).toBeNull()
})

test('a server that is away does not end the session', async () => {
  openSession(token('acme'))
  refresh(() => HttpResponse.error())
  await expect(renewSession()).rejects.toMatchObject({ status: 0 })
  expect(accessToken()).toBe(token('acme'))
})

test('a tab stays in its organisation when another tab has moved the cookie to a different one', async () => {
  openSession(token('acme'))
  refresh(() => HttpResponse.json({ access: token('globex') }))
  server.use(
    http.post('*/api/v1/auth/switch', async ({ request }) => {
      const { org_id } = (await request.json()) as { org_id: string }
      return HttpResponse.json({ access: token(org_id, 'switched') })
    }),
  )
  expect(await renewSession()).toBe(true)
  expect(accessToken()).toBe(token('acme', 'switched'))
})

test('a refusal carries what the server says', async () => {
  const problem = { code: 'quota_exceeded', detail: 'No more searches today.', available_in: ['team'] }
  server.use(
    http.get('*/api/v1/memory', () =>
      HttpResponse.json(problem, { status: 402, headers: { 'X-Request-ID': 'request-1' } }),
    ),
  )
  const error = await answerOf(api.GET('/api/v1/memory')).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ApiError)
  expect(error).toMatchObject({
    status: 402,
    code: 'quota_exceeded',
    message: 'No more searches today.',
    requestId: 'request-1',
    availableIn: ['team'],
    isPassing: false,
  })
})

function refuseUntil(isProven: () => boolean) {
  const bodies: unknown[] = []
  server.use(
    http.patch('*/api/v1/auth/me', async ({ request }) => {
      if (!isProven()) return HttpResponse.json({ code: 'reauthentication_required' }, { status: 403 })
      bodies.push(await request.json())
      return HttpResponse.json({ name: 'Ada' })
    }),
  )
  return bodies
}
const rename = () => answerOf(api.PATCH('/api/v1/auth/me', { body: { name: 'Ada' } }))

test('an action that wants a fresh proof is repeated once there is one; one question for all that wait', async () => {
  openSession(token('acme'))
  let isProven = false
  const bodies = refuseUntil(() => isProven)
  const ask = vi.fn(async () => {
    await new Promise((resolve) => setTimeout(resolve))
    isProven = true
    return true
  })
  const forget = onProofWanted(ask)
  await Promise.all([rename(), rename()])
  expect(ask).toHaveBeenCalledOnce()
  expect(bodies).toEqual([{ name: 'Ada' }, { name: 'Ada' }])
  forget()
})

test('without a proof the refusal stays', async () => {
  openSession(token('acme'))
  const bodies = refuseUntil(() => false)
  await expect(rename()).rejects.toMatchObject({ code: 'reauthentication_required' })
  const forget = onProofWanted(async () => false)
  await expect(rename()).rejects.toMatchObject({ code: 'reauthentication_required' })
  expect(bodies).toEqual([])
  forget()
})
