import { spawn } from 'node:child_process'
import type { Page } from '@playwright/test'
import { check } from './axe'
import { VIEWER } from './people'
import { bearer, expect, newPerson, type Person, settle, signIn, storeMemories, test, watch } from './platform'
import { signaturesOf, startReceiver } from './receiver'

let receiver: Awaited<ReturnType<typeof startReceiver>>
test.beforeEach(async () => {
  receiver = await startReceiver()
})
test.afterEach(() => receiver.close())

/** Makes an endpoint by the way that people take; returns its secret, with its page open. */
async function makeEndpoint(page: Page, org: string, types: string[] = []): Promise<string> {
  await page.goto(`/${org}/settings/webhooks`)
  await page.getByRole('button', { name: 'New endpoint' }).click()
  const form = page.getByRole('dialog', { name: 'New endpoint' })
  await form.getByLabel('Address').fill(receiver.url)
  await form.getByLabel('Description').fill('Warehouse')
  if (types.length > 0) await form.getByText('These', { exact: true }).click()
  for (const type of types) {
    await form.getByLabel('Find an event').fill(type)
    await form.getByRole('checkbox', { name: type, exact: true }).check()
  }
  await form.getByRole('button', { name: 'Make the endpoint' }).click()
  return keepSecret(page)
}

/** Reads the secret that is shown, and says that it is kept. */
async function keepSecret(page: Page): Promise<string> {
  const dialog = page.getByRole('dialog', { name: 'The secret of the endpoint' })
  const secret = (await dialog.getByText(/^whsec_/).textContent()) as string
  await dialog.getByLabel('I have kept the secret in a safe place').check()
  await dialog.getByRole('button', { name: 'Done' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Warehouse' })).toBeVisible()
  return secret
}

/** What became of all events that were meant for the endpoint: meant, delivered, given up, waiting. */
async function counts(page: Page) {
  const said = await page
    .getByRole('region', { name: 'What became of the events' })
    .getByRole('definition')
    .allTextContents()
  return said.map((one) => Number(one.replace(/\D/g, '')))
}

test('events arrive signed and in order, and the log says what was sent', async ({ page, request }) => {
  test.setTimeout(120_000)
  const owner = await newPerson(request)
  await signIn(page, owner)
  await page.goto(`/${owner.org}/settings/webhooks`)
  await expect(page.getByText('Tell another program what happens')).toBeVisible()
  const secret = await makeEndpoint(page, owner.org, ['memory.stored', 'memory.trashed'])
  await expect(page.getByText('2 kinds of events')).toBeVisible()
  await storeMemories(request, owner, 3)
  await expect.poll(() => receiver.types(), { timeout: 30_000 }).toEqual(Array(3).fill('memory.stored'))
  expect(receiver.got.map((message) => signaturesOf(message, secret))).toEqual([1, 1, 1])
  const cursors = receiver.got.map(({ content }) => Number(content.data.cursor))
  expect(cursors).toEqual([...cursors].sort((one, other) => one - other))

  await expect.poll(() => counts(page)).toEqual([3, 3, 0, 0])
  await expect(page.getByText('Everything was delivered.')).toBeVisible()
  await page.getByRole('button', { name: 'memory.stored' }).first().click()
  const panel = page.getByRole('complementary', { name: 'Delivery' })
  await expect(panel.getByText(/^answered 204 in \d+ ms$/)).toBeVisible()
  const shown = await panel
    .getByRole('definition')
    .getByText(/^[0-9a-f]{8}-[0-9a-f-]{27}$/)
    .first()
    .textContent()
  expect(receiver.got.map(({ headers }) => headers['webhook-id'])).toContain(shown)
  await expect(panel.getByText('"type": "memory.stored"')).toBeVisible()
  // Sent again, it comes with the same id.
  await panel.getByRole('button', { name: 'Send again' }).click()
  await expect.poll(() => receiver.got.length, { timeout: 30_000 }).toBe(4)
  const ids = receiver.got.map(({ headers }) => headers['webhook-id'])
  expect(new Set(ids).size).toBe(3)
  await expect(panel.getByText('Try 1').first()).toBeVisible()
})

test('an endpoint that fails says what holds up the rest, and goes on when it can', async ({ page, request }) => {
  test.setTimeout(180_000)
  const owner = await newPerson(request)
  await signIn(page, owner)
  await makeEndpoint(page, owner.org, ['memory.stored'])
  receiver.answer(500, 'the shelf is full')
  await storeMemories(request, owner, 3)
  await expect(page.getByText(/is tried again, and 2 later events wait for it/)).toBeVisible({ timeout: 60_000 })
  await expect(page.getByText(/^Every try fails/)).toBeVisible()
  await expect(page.getByText('On the latest try it answered 500.')).toBeVisible()
  await expect(page.getByText(/^The next try: /)).toBeVisible()
  expect(await counts(page)).toEqual([3, 0, 0, 3])

  // Given up, it lets the next one go, which fails as well.
  await page.getByRole('link', { name: 'memory.stored' }).click()
  const panel = page.getByRole('complementary', { name: 'Delivery' })
  await panel.getByText('What it answered').first().click()
  await expect(panel.getByText('the shelf is full').first()).toBeVisible()
  await panel.getByRole('button', { name: 'Skip' }).click()
  await expect(panel.getByText('Somebody skipped it.')).toBeVisible()
  await expect.poll(() => counts(page), { timeout: 30_000 }).toEqual([3, 0, 1, 2])

  // The list has failing ones only where it is asked for them.
  await panel.getByRole('button', { name: 'Close' }).click()
  await page.getByRole('combobox', { name: 'State' }).selectOption('Given up')
  await expect(page.getByRole('table', { name: 'Deliveries' }).getByRole('row')).toHaveCount(2)
  await page.goto(`/${owner.org}/settings/webhooks`)
  await expect(page.getByRole('row', { name: /Warehouse.*Failing/ })).toBeVisible()
  await page.goBack()

  receiver.answer(204)
  await page.getByRole('button', { name: 'Send the given-up ones again' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Send again' }).click()
  await expect.poll(() => counts(page), { timeout: 90_000 }).toEqual([3, 3, 0, 0])
  await expect(page.getByText('Everything was delivered.')).toBeVisible()
})

test('a test is answered while one looks; a new secret signs beside the old one', async ({ page, request }) => {
  test.setTimeout(120_000)
  const owner = await newPerson(request)
  await signIn(page, owner)
  const old = await makeEndpoint(page, owner.org, ['member.joined'])
  receiver.answer(418, 'I am a teapot')
  await page.getByRole('button', { name: 'Send a test' }).click()
  const dialog = page.getByRole('dialog', { name: 'Test' })
  await expect(dialog.getByText('It was not delivered.')).toBeVisible({ timeout: 30_000 })
  await expect(dialog.getByText('I am a teapot')).toBeVisible()
  receiver.answer(200)
  await dialog.getByRole('button', { name: 'Send another' }).click()
  await expect(dialog.getByText('It was delivered.')).toBeVisible({ timeout: 30_000 })
  await dialog.getByRole('button', { name: 'Done' }).click()
  expect(receiver.types()).toEqual(['webhook.test', 'webhook.test'])

  await page.getByRole('button', { name: 'Rotate the secret' }).click()
  await page.getByRole('button', { name: 'Make the new secret' }).click()
  const next = await keepSecret(page)
  await expect(page.getByText(/^Two secrets sign what is sent/)).toBeVisible()
  await page.getByRole('button', { name: 'Send a test' }).click()
  await expect(dialog.getByText('It was delivered.')).toBeVisible({ timeout: 30_000 })
  const [last] = receiver.got.slice(-1)
  expect(last && [signaturesOf(last, old), signaturesOf(last, next)]).toEqual([1, 1])
})

test('an endpoint that is gone is switched off and says why; it can be switched on, changed and deleted', async ({
  page,
  request,
  quiet,
}) => {
  // An address that is refused.
  quiet.allow(/status of 400/)
  test.setTimeout(120_000)
  const owner = await newPerson(request)
  await signIn(page, owner)
  await makeEndpoint(page, owner.org, ['memory.stored'])
  receiver.answer(410)
  await storeMemories(request, owner, 1)
  await expect(page.getByText(/gone for good \(410\)/)).toBeVisible({ timeout: 60_000 })
  receiver.answer(204)
  await page.getByRole('button', { name: 'Switch on' }).click()
  await expect(page.getByText('Nothing waits; 1 event was given up.')).toBeVisible()
  await page.getByRole('button', { name: 'Send the given-up ones again' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Send again' }).click()
  await expect(page.getByText('Everything was delivered.')).toBeVisible({ timeout: 60_000 })
  await page.getByRole('button', { name: 'Edit' }).click()
  const form = page.getByRole('dialog', { name: 'Edit the endpoint' })
  await expect(form.getByRole('checkbox', { name: 'memory.stored', exact: true })).toBeChecked()
  await form.getByLabel('Address').fill('https://10.0.0.1/')
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(form.getByLabel('Address')).toHaveAttribute('aria-invalid', 'true')
  await form.getByLabel('Address').fill(receiver.url)
  await form.getByLabel('Description').fill('Shelf')
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Shelf' })).toBeVisible()
  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('button', { name: 'Delete the endpoint' }).click()
  await expect(page.getByText('Tell another program what happens')).toBeVisible()
})

test('the receiver that is offered for pasting takes what is signed, and nothing else', async ({ page, request }) => {
  test.setTimeout(120_000)
  const owner = await newPerson(request)
  await signIn(page, owner)
  await page.goto(`/${owner.org}/settings/webhooks`)
  await page.getByRole('button', { name: 'New endpoint' }).click()
  await page.getByLabel('Address').fill(receiver.url)
  await page.getByRole('button', { name: 'Make the endpoint' }).click()
  const dialog = page.getByRole('dialog', { name: 'The secret of the endpoint' })
  const offered = (await dialog.locator('pre').textContent()) as string
  // Any free port will do.
  const python = process.env.PYTHON ?? new URL('../../.venv/bin/python', import.meta.url).pathname
  const script = offered
    .replace('8080', '0')
    .replace(
      /ThreadingHTTPServer\((.*)\)\.serve_forever\(\)/,
      'server = ThreadingHTTPServer($1)\nprint(server.server_port, flush=True)\nserver.serve_forever()',
    )
  const pasted = spawn(python, ['-u', '-c', script])
  try {
    const port = await new Promise<string>((resolve) =>
      pasted.stdout.once('data', (data) => resolve(String(data).trim())),
    )
    await expect.poll(() => receiver.got.length, { timeout: 30_000 }).toBeGreaterThan(0)
    const [message] = receiver.got
    if (!message) throw new Error('Nothing has arrived.')
    const forward = (body: string) =>
      fetch(`http://127.0.0.1:${port}/`, {
        method: 'POST',
        body,
        headers: Object.fromEntries(
          ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, String(message.headers[name])]),
        ),
      })
    expect((await forward(message.body)).status).toBe(204)
    expect((await forward(message.body.replace('"type"', '"kind"'))).status).toBe(401)
  } finally {
    pasted.kill()
  }
})

test('who has no right to it sees no webhooks', async ({ page }) => {
  const org = await signIn(page, VIEWER)
  await page.goto(`/${org}/settings/webhooks`)
  await expect(page.getByText('Your role does not open this page')).toBeVisible()
  await expect(page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'Webhooks' })).toHaveCount(
    0,
  )
})

/** An organisation with an endpoint that has taken one event and fails at the next. */
async function furnished(request: Parameters<typeof newPerson>[0]): Promise<{ owner: Person; path: string }> {
  const owner = await newPerson(request)
  const made = await request.post('/api/v1/webhooks', {
    data: { url: receiver.url, description: 'Warehouse' },
    headers: bearer(owner.access),
  })
  const { id } = await made.json()
  await expect.poll(() => receiver.got.length, { timeout: 30_000 }).toBeGreaterThan(0)
  receiver.answer(500, 'no')
  await storeMemories(request, owner, 2)
  const webhook = async () => (await request.get(`/api/v1/webhooks/${id}`, { headers: bearer(owner.access) })).json()
  await expect.poll(async () => (await webhook()).failing_since, { timeout: 30_000 }).not.toBeNull()
  return { owner, path: `/${owner.org}/settings/webhooks/${id}?delivery=${(await webhook()).first_pending.id}` }
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme })

    test('webhooks can be used by everybody', async ({ page, request }) => {
      test.setTimeout(180_000)
      const { owner, path } = await furnished(request)
      await signIn(page, owner)
      await page.goto(`/${owner.org}/settings/webhooks`)
      await expect(page.getByRole('row', { name: /Failing/ })).toBeVisible()
      await check(page, 'list')
      await page.getByRole('button', { name: 'New endpoint' }).click()
      await page.getByText('These', { exact: true }).click()
      await expect(page.getByRole('checkbox', { name: 'memory.stored', exact: true })).toBeVisible()
      await check(page, 'form')
      await page.goto(path)
      await expect(page.getByRole('complementary', { name: 'Delivery' }).getByText('Try 1')).toBeVisible()
      await check(page, 'endpoint with a delivery')
    })
  })
}

test('webhooks fit a phone', async ({ browser, baseURL, request }) => {
  test.setTimeout(120_000)
  const context = await browser.newContext({ baseURL, viewport: { width: 390, height: 844 }, locale: 'en-GB' })
  watch(context)
  const page = await context.newPage()
  const { owner, path } = await furnished(request)
  await signIn(page, owner)
  for (const at of [`/${owner.org}/settings/webhooks`, path.replace(/\?.*/, ''), path]) {
    await page.goto(at)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    await settle(page)
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(beyond, at).toBeLessThanOrEqual(0)
  }
  await context.close()
})
