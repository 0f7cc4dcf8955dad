import { type APIRequestContext, type BrowserContext, test as base, expect, type Page } from '@playwright/test'
import { DEMO, PASSWORD } from './people'

export { expect }

/** A page that has to be quiet: a violation of the policy, an error in the console or in the code fails the test. */
export const test = base.extend<{ quiet: { allow: (pattern: RegExp) => void } }>({
  quiet: [
    async ({ context }, use) => {
      // Whether there is a session is asked by trying, so the first visit is refused once.
      const allowed = [/status of 401/]
      const heard: string[] = []
      watch(context)
      const hear = (text: string) => !allowed.some((pattern) => pattern.test(text)) && heard.push(text)
      context.on('console', (message) => message.type() === 'error' && hear(message.text()))
      context.on('weberror', (error) => hear(String(error.error())))
      await context.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', (event) =>
          console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`),
        )
      })
      await use({ allow: (pattern) => allowed.push(pattern) })
      expect(heard).toEqual([])
    },
    { auto: true },
  ],
})

// What never ends while a page is looked at.
const LIVE = '/api/v1/memory/stream'
const QUIET_MS = 500
const moved = new WeakMap<BrowserContext, { open: Set<unknown>; at: number }>()

/** Counts the requests of a browser, for `settle`; those of tests are counted anyway, others have to say so. */
export function watch(context: BrowserContext) {
  const now = { open: new Set<unknown>(), at: Date.now() }
  moved.set(context, now)
  context.on('request', (request) => {
    if (new URL(request.url()).pathname === LIVE) return
    now.open.add(request)
    now.at = Date.now()
  })
  for (const event of ['requestfinished', 'requestfailed'] as const)
    context.on(event as 'requestfinished', (request) => {
      if (now.open.delete(request)) now.at = Date.now()
    })
}

/** Waits until a page asks for nothing more; live updates, which go on for ever, are not waited for. */
export async function settle(page: Page) {
  const now = moved.get(page.context())
  if (!now) throw new Error('The requests of this browser are not watched.')
  await page.waitForLoadState()
  await expect
    .poll(() => now.open.size === 0 && Date.now() - now.at >= QUIET_MS, { timeout: 30_000, intervals: [100] })
    .toBe(true)
}

/** Puts the session's cookie into the browser, as the sign-in page does. Returns the organisation's short name. */
export async function signIn(page: Page, { email, password } = DEMO) {
  const answer = await page
    .context()
    .request.post('/api/v1/auth/token', { data: { email, password, use_cookie: true } })
  expect(answer.ok()).toBe(true)
  const { access } = await answer.json()
  const account = await page.context().request.get('/api/v1/auth/me', { headers: bearer(access) })
  return (await account.json()).org.slug as string
}

export type Person = { email: string; password: string; org: string; access: string }

/** Makes a new organisation with its owner, over the API. */
export async function newPerson(request: APIRequestContext, name = 'Harbour Tea'): Promise<Person> {
  const email = `person-${crypto.randomUUID()}@example.com`
  const answer = await request.post('/api/v1/auth/signup', { data: { email, password: PASSWORD, org_name: name } })
  expect(answer.status()).toBe(201)
  const { access, org } = await answer.json()
  return { email, password: PASSWORD, org: org.slug, access }
}

/** Stores memories and waits until they can be listed. */
export async function storeMemories(request: APIRequestContext, person: Person, count: number) {
  const items = Array.from({ length: count }, (_, number) => ({
    content: `Note ${String(number + 1).padStart(2, '0')}: the harbour shop sold more green tea than black tea.`,
    memory_type: number % 2 ? 'note' : 'decision',
    source: 'shop',
  }))
  for (const data of items) {
    const answer = await request.post('/api/v1/memory/store', { data, headers: bearer(person.access) })
    expect(answer.status()).toBe(201)
  }
}

export function bearer(access: string) {
  return { Authorization: `Bearer ${access}` }
}
