import { readFileSync } from 'node:fs'
import { check } from './axe'
import { VIEWER } from './people'
import { bearer, expect, newPerson, type Person, settle, signIn, storeMemories, test, watch } from './platform'

type Request = Parameters<typeof newPerson>[0]

/** An organisation in which something has happened, and is written down. */
async function busy(request: Request): Promise<Person> {
  const owner = await newPerson(request)
  await storeMemories(request, owner, 3)
  const role = await request.post('/api/v1/orgs/current/roles', {
    data: { name: 'reader', permissions: ['memory:read'] },
    headers: bearer(owner.access),
  })
  expect(role.status()).toBe(201)
  const changed = await request.patch(`/api/v1/orgs/current/roles/${(await role.json()).id}`, {
    data: { permissions: ['memory:read', 'memory:write'] },
    headers: bearer(owner.access),
  })
  expect(changed.ok()).toBe(true)
  await expect
    .poll(
      async () =>
        (await (await request.get('/api/v1/audit?action=role.updated', { headers: bearer(owner.access) })).json())
          .total,
      { timeout: 30_000 },
    )
    .toBe(1)
  return owner
}

test('who did what is found, and leads to what belongs to it', async ({ page, request }) => {
  test.setTimeout(120_000)
  const owner = await busy(request)
  await signIn(page, owner)
  await page.goto(`/${owner.org}/settings/audit`)
  await page.getByRole('button', { name: /role\.updated/ }).click()
  const panel = page.getByRole('complementary', { name: /^Entry/ })
  await expect(panel.getByText('put in:')).toBeAttached()
  await expect(panel.getByText(owner.email).first()).toBeVisible()
  await expect(panel.getByRole('button', { name: 'Copy the request’s id' })).toBeVisible()
  await panel.getByRole('button', { name: 'All of this request' }).click()
  await expect(page).toHaveURL(/request_id=/)
  await expect(page.getByRole('table', { name: 'Audit log' }).getByRole('row')).toHaveCount(2)
  // Filters are the address: they outlive a reload, and Back undoes one.
  await page.reload()
  await expect(page.getByRole('table', { name: 'Audit log' }).getByRole('row')).toHaveCount(2)
  await page.goBack()
  await page.keyboard.press('Escape')
  await page.getByRole('combobox', { name: 'Area' }).selectOption('Memories')
  await expect(page.getByRole('table', { name: 'Audit log' }).getByRole('row')).toHaveCount(4)
  await page.getByRole('combobox', { name: 'Action' }).selectOption('memory.trashed')
  await expect(page.getByText('No entry fits the filters')).toBeVisible()
  await page.getByRole('button', { name: 'Clear the filters' }).first().click()
  await page.getByRole('combobox', { name: 'Who' }).selectOption('People')
  await page.getByRole('combobox', { name: 'Time' }).selectOption('Last 24 hours')
  await expect(page.getByRole('button', { name: /memory\.stored/ }).first()).toBeVisible()
  await page
    .getByRole('button', { name: /memory\.stored/ })
    .first()
    .click()
  await panel.getByRole('link', { name: 'Open it' }).click()
  await expect(page.getByRole('heading', { level: 1, name: /harbour shop/ })).toBeVisible()
})

test('the log is verified, and exported as it is filtered', async ({ page, request }) => {
  test.setTimeout(120_000)
  const owner = await busy(request)
  await signIn(page, owner)
  await page.goto(`/${owner.org}/settings/audit?area=memory`)
  await expect(page.getByRole('table', { name: 'Audit log' }).getByRole('row')).toHaveCount(4)
  await page.getByRole('button', { name: 'Verify' }).click()
  await expect(page.getByText(/^All \d+ entries are as they were written/)).toBeVisible()
  const lines = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export JSONL' }).click()
  const file = await lines
  expect(file.suggestedFilename()).toMatch(/^audit-.*\.jsonl$/)
  const entries = readFileSync(await file.path(), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(entries.map(({ action }) => action)).toEqual(Array(3).fill('memory.stored'))
  expect(entries.every(({ hash, signature }) => hash && signature)).toBe(true)
  const table = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export CSV' }).click()
  expect(
    readFileSync(await (await table).path(), 'utf8')
      .trim()
      .split('\n'),
  ).toHaveLength(4)
})

test('who has no right to it sees no log', async ({ page }) => {
  const org = await signIn(page, VIEWER)
  await page.goto(`/${org}/settings/audit`)
  await expect(page.getByText('Your role does not open this page')).toBeVisible()
  await expect(page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'Audit log' })).toHaveCount(
    0,
  )
})

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme })

    test('the log can be used by everybody', async ({ page, request }) => {
      test.setTimeout(120_000)
      const owner = await busy(request)
      await signIn(page, owner)
      await page.goto(`/${owner.org}/settings/audit`)
      await page.getByRole('button', { name: /role\.updated/ }).click()
      await page.getByRole('button', { name: 'Verify' }).click()
      await expect(page.getByText(/^All \d+ entries/)).toBeVisible()
      await check(page, 'an entry beside the log')
      await page.goto(`/${owner.org}/settings/audit?action=memory.trashed`)
      await expect(page.getByText('No entry fits the filters')).toBeVisible()
      await check(page, 'nothing fits')
    })
  })
}

test('the log fits a phone', async ({ browser, baseURL, request }) => {
  const context = await browser.newContext({ baseURL, viewport: { width: 390, height: 844 }, locale: 'en-GB' })
  watch(context)
  const page = await context.newPage()
  const owner = await busy(request)
  await signIn(page, owner)
  for (const path of ['audit', 'audit?request_id=nothing&range=30d', 'audit?entry=1']) {
    await page.goto(`/${owner.org}/settings/${path}`)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    await settle(page)
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(beyond, path).toBeLessThanOrEqual(0)
  }
  await context.close()
})
