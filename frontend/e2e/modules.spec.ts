import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FrameLocator, Page } from '@playwright/test'
import { expect, signIn, test } from './platform'

/** A site that is not ours and welcomes everybody; it notes what reached it. */
let elsewhere: Server
let reached: string[]
let site: string

test.beforeAll(async () => {
  elsewhere = createServer((request, answer) => {
    reached.push(request.url ?? '')
    answer.writeHead(200, { 'Access-Control-Allow-Origin': '*', 'Content-Type': 'text/html' }).end('')
  })
  await new Promise<void>((listening) => elsewhere.listen(0, '127.0.0.1', listening))
  site = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`
})
test.afterAll(() => void elsewhere.close())
test.beforeEach(() => {
  reached = []
})

test('the demo module is shown, follows the theme and the language, and may do what the bridge lists', async ({
  page,
}) => {
  const org = await signIn(page)
  await page.goto(`/${org}/modules/demo`)
  const module = page.frameLocator('iframe[title="Demo"]')
  await expect(module.getByRole('heading', { name: 'A module says hello' })).toBeVisible()
  await expect(module.getByText('Northwind')).toContainText('in the light theme')
  const frame = page.locator('iframe')
  expect((await frame.boundingBox())?.height).toBeLessThan(300)

  await page.getByRole('button', { name: 'Account' }).click()
  await page.getByRole('menuitemradio', { name: 'Dark' }).click()
  await expect(module.getByText('Northwind')).toContainText('in the dark theme')
  await page.getByRole('button', { name: 'Account' }).click()
  await page.getByRole('menuitemradio', { name: 'Français' }).click()
  await expect(module.getByRole('heading', { name: 'Un module dit bonjour' })).toBeVisible()

  await module.getByRole('button', { name: 'Montrer un message' }).click()
  await expect(page.getByText('Ceci vient du module')).toBeVisible()
  await module.getByRole('button', { name: 'Ouvrir les souvenirs' }).click()
  await expect(page).toHaveURL(new RegExp(`/${org}/memories\\?type=decision$`))
})

test('what the service answers is passed on, with the rights of the person', async ({ page }) => {
  const org = await signIn(page)
  await page.goto(`/${org}/modules/demo`)
  const asked = page.waitForRequest('**/api/v1/gateway/**')
  const module = page.frameLocator('iframe')
  await module.getByRole('button', { name: 'Ask its service' }).click()
  const request = await asked
  expect(new URL(request.url()).pathname).toBe('/api/v1/gateway/demo/timeline')
  expect((await request.allHeaders()).authorization).toMatch(/^Bearer /)
  await expect(module.getByRole('status')).toHaveText('The service answered 200: Hello, 3')
})

test('a module that says nothing is given up, and can be tried again', async ({ page }) => {
  await page.clock.install()
  const org = await signIn(page)
  await page.goto(`/${org}/modules/silent`)
  await expect(page.locator('iframe')).toBeAttached()
  await page.clock.fastForward(11_000)
  await expect(page.getByRole('heading', { name: 'Silent does not answer' })).toBeVisible()
  await expect(page.locator('iframe')).toHaveCount(0)
  await page.getByRole('button', { name: 'Load it again' }).click()
  await expect(page.locator('iframe')).toBeAttached()
})

test('a module that is not there is not found', async ({ page, quiet }) => {
  quiet.allow(/status of 404/)
  const org = await signIn(page)
  await page.goto(`/${org}/modules/nothing`)
  await expect(page.getByRole('heading', { name: 'This is not here' })).toBeVisible()
})

async function attackFrom(page: Page, frame: FrameLocator, selector: string): Promise<Record<string, string>> {
  // So that it is our policy that refuses, and not the browser's care for the network of this machine.
  await page.context().grantPermissions(['local-network-access'])
  await page
    .context()
    .addCookies([{ name: 'probe', value: 'tea', url: new URL('/', page.url()).href, httpOnly: false, sameSite: 'Lax' }])
  await page.evaluate(
    ({ selector, site }) => {
      localStorage.setItem('probe', 'tea')
      const element = document.querySelector<HTMLIFrameElement>(selector)
      element?.contentWindow?.postMessage({ attack: site }, '*')
    },
    { selector, site },
  )
  const log = frame.locator('#attacks')
  await expect(log).not.toBeEmpty({ timeout: 30_000 })
  return JSON.parse((await log.textContent()) ?? '{}')
}

test('a hostile module reaches neither the page, nor what it stores, nor the API, nor another site', async ({
  page,
  context,
  quiet,
}) => {
  // Each refusal is told to the console.
  quiet.allow(/./)
  const org = await signIn(page)
  await page.goto(`/${org}/modules/hostile`)
  const module = page.frameLocator('iframe')
  await expect(module.locator('#connects')).toHaveText('1')
  await expect(page.locator('iframe')).toBeVisible()
  const results = await attackFrom(page, module, 'iframe')
  // A frame with an error page has loaded, and a beacon that is stopped is called sent: what counts is what arrived.
  const { beacon: _beacon, frame: _frame, ...others } = results
  for (const [name, result] of Object.entries(others)) expect(result, name).toMatch(/^refused/)

  for (const button of ['Open a window', 'Take the window along', 'Send a form', 'Leave']) {
    await page.reload()
    await expect(page.locator('iframe')).toBeVisible()
    // So that the module knows the other site.
    await attackFrom(page, module, 'iframe')
    await module.getByRole('button', { name: button }).click()
    await page.waitForTimeout(500)
    await expect(page).toHaveURL(new RegExp(`/${org}/modules/hostile$`))
    expect(context.pages()).toHaveLength(1)
  }
  expect(reached).toEqual([])
})

test('opened by itself a module is isolated all the same', async ({ page, quiet }) => {
  quiet.allow(/./)
  await signIn(page)
  await page.goto('/module-ui/hostile/dashboard/')
  expect(await page.evaluate(() => self.origin)).toBe('null')
  await page.evaluate((site) => window.postMessage({ attack: site }, '*'), site)
  await expect(page.locator('#attacks')).not.toBeEmpty({ timeout: 30_000 })
  const { cookies, storage, ...results } = JSON.parse((await page.locator('#attacks').textContent()) ?? '{}')
  expect([cookies, storage]).toEqual(['refused: SecurityError', 'refused: SecurityError'])
  expect(results['the API']).toMatch(/^refused/)
  expect(reached).toEqual([])
})

test('control: without the isolation the same attacks succeed', async ({ page, quiet }) => {
  quiet.allow(/./)
  // The answers as they are, but without their policy.
  await page.route(/\/(module-ui\/hostile\/|northwind\/)/, async (route) => {
    const answer = await route.fetch()
    const { 'content-security-policy': _policy, ...headers } = answer.headers()
    await route.fulfill({ response: answer, headers })
  })
  const org = await signIn(page)
  await page.goto(`/${org}/modules/hostile`)
  await expect(page.locator('iframe')).toBeVisible()
  await page.evaluate(() => {
    const frame = document.createElement('iframe')
    frame.id = 'free'
    frame.src = '/module-ui/hostile/dashboard/'
    document.getElementById('main')?.append(frame)
    return new Promise((loaded) => frame.addEventListener('load', loaded))
  })
  const module = page.frameLocator('#free')
  const results = await attackFrom(page, module, '#free')
  expect(results).toMatchObject({
    'page of the dashboard': 'reached: Hostile · Northwind Growth · Lift OS',
    cookies: expect.stringContaining('probe=tea'),
    storage: 'reached: tea',
    'the API': 'reached: 401',
    'another site': 'reached: 200',
    'code from text': 'reached: ran',
    'inline script': 'reached: ran',
  })
  expect(reached).toEqual(expect.arrayContaining(['/fetch', '/beacon', '/picture', '/script', '/frame']))
  await module.getByRole('button', { name: 'Leave' }).click()
  await expect.poll(() => reached).toContain('/leave')
  await page.locator('#free').evaluate((frame: HTMLIFrameElement) => {
    frame.src = '/module-ui/hostile/dashboard/'
  })
  await module.locator('#connects').waitFor({ state: 'attached' })
  await page.evaluate((site) => {
    document.querySelector<HTMLIFrameElement>('#free')?.contentWindow?.postMessage({ attack: site }, '*')
  }, site)
  await expect(module.locator('#attacks')).not.toBeEmpty({ timeout: 30_000 })
  await module.getByRole('button', { name: 'Take the window along' }).click()
  await expect(page).toHaveURL(`${site}/top`)
})

test('the bridge refuses what it does not list, and greetings of others', async ({ page, quiet }) => {
  quiet.allow(/./)
  const org = await signIn(page)
  await page.goto(`/${org}/modules/hostile`)
  const module = page.frameLocator('iframe[title="Hostile"]')
  await expect(module.locator('#answers')).not.toBeEmpty()
  const answers = ((await module.locator('#answers').textContent()) ?? '').split('\n')
  expect(answers).toHaveLength(11)
  for (const answer of answers) expect(answer).toMatch(/: refused (invalid_request|failed)$/)
  await expect(page).toHaveURL(new RegExp(`/${org}/modules/hostile$`))

  // From the dashboard's own window, and from another frame without an origin.
  await page.evaluate(() => {
    window.postMessage({ lift: 'module/1:hello' }, '*')
    window.dispatchEvent(
      new MessageEvent('message', { data: { lift: 'module/1:hello' }, origin: 'null', source: window }),
    )
    const other = document.createElement('iframe')
    other.id = 'other'
    other.setAttribute('sandbox', 'allow-scripts')
    other.src = '/module-ui/hostile/dashboard/'
    document.body.append(other)
    return new Promise((loaded) => other.addEventListener('load', loaded))
  })
  await page.waitForTimeout(500)
  await expect(page.frameLocator('#other').locator('#connects')).toHaveText('0')
  await expect(module.locator('#connects')).toHaveText('1')
  // The frame itself may greet again: it would not be noticed otherwise that greetings are ignored.
  await module.getByRole('button', { name: 'Greet' }).click()
  await expect(module.locator('#connects')).toHaveText('2')
})
