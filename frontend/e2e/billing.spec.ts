import type { Page } from '@playwright/test'
import { check } from './axe'
import { VIEWER } from './people'
import { bearer, expect, newPerson, type Person, settle, signIn, storeMemories, test, watch } from './platform'

const CARD = '4242 4242 4242 4242'

/** Pays on the page that stands in for Stripe's. */
async function pay(page: Page, card = CARD) {
  await expect(page.getByRole('heading', { name: 'Subscribe' })).toBeVisible()
  await page.getByLabel('Card number').fill(card)
  await page.getByLabel('Expiry (MM/YY)').fill('04/40')
  await page.getByLabel('Name on the card').fill('Ada Lovelace')
  await page.getByRole('button', { name: 'Subscribe' }).click()
}

/** Takes the plan by the way that people take. */
async function subscribe(page: Page, person: Person, plan: string) {
  await page.goto(`/${person.org}/settings/billing`)
  await page.getByRole('button', { name: new RegExp(`^(Try|Choose) ${plan}`) }).click()
  await pay(page)
  await expect(page).toHaveURL(new RegExp(`/${person.org}/settings/billing$`))
  await expect(presentPlan(page)).toContainText(plan)
}

function presentPlan(page: Page) {
  return page.locator('section').filter({ has: page.getByRole('heading', { name: 'Your plan', exact: true }) })
}

// A platform that starts for the first time serves pages before its plans are at Stripe.
test.beforeAll(async ({ request }) => {
  test.setTimeout(120_000)
  const { access } = await newPerson(request)
  const buy = () =>
    request.post('/api/v1/billing/checkout', { data: { plan: 'starter', interval: 'month' }, headers: bearer(access) })
  await expect.poll(async () => (await buy()).status(), { timeout: 110_000 }).toBe(201)
})

test('from the free plan to another, on, out of it and back', async ({ page, request }) => {
  test.setTimeout(180_000)
  const owner = await newPerson(request)
  await signIn(page, owner)
  await page.goto(`/${owner.org}/settings/billing`)
  await expect(presentPlan(page)).toContainText('It costs nothing and does not end.')
  await expect(page.getByText('What stops at the limits of Free')).toBeVisible()

  // Called off: nothing has happened, and it is said once.
  await page.getByRole('button', { name: /^(Try|Choose) Starter/ }).click()
  await page.getByRole('link', { name: 'Back' }).click()
  await expect(page.getByText(/^The payment was called off/)).toBeVisible()
  await expect(page).toHaveURL(new RegExp(`/${owner.org}/settings/billing$`))
  await page.reload()
  await expect(presentPlan(page)).toContainText('It costs nothing and does not end.')
  await expect(page.getByText(/^The payment was called off/)).toBeHidden()

  await subscribe(page, owner, 'Starter')
  await expect(page.getByRole('article', { name: 'Starter' })).toContainText('Your plan')
  // The rest of the dashboard knows it without a reload.
  await page.getByRole('link', { name: 'Modules', exact: true }).click()
  // Each process believes for some seconds what it has read.
  await expect
    .poll(async () => {
      const account = await request.get('/api/v1/auth/me', { headers: bearer(owner.access) })
      return (await account.json()).subscription_tier
    })
    .toBe('starter')

  // Up, with a look at the money first.
  await page.goto(`/${owner.org}/settings/billing`)
  await page.getByRole('button', { name: 'Change to Professional' }).click()
  const change = page.getByRole('dialog', { name: 'Change to Professional' })
  await expect(change.getByText('Due now')).toBeVisible()
  await change.getByRole('button', { name: 'Change to Professional' }).click()
  await expect(presentPlan(page)).toContainText('Professional')
  await expect(page.getByText('You are on Professional now').first()).toBeVisible()

  // Down again.
  await page.getByRole('button', { name: 'Change to Starter' }).click()
  const down = page.getByRole('dialog', { name: 'Change to Starter' })
  await down.getByRole('button', { name: 'Change to Starter' }).click()
  await expect(presentPlan(page)).toContainText('Starter')

  await page.getByRole('button', { name: 'Cancel the plan…' }).click()
  const cancel = page.getByRole('dialog', { name: 'Cancel Starter?' })
  await expect(cancel.getByText('After that these limits hold:')).toBeVisible()
  await cancel.getByRole('button', { name: 'Cancel the plan' }).click()
  await expect(presentPlan(page)).toContainText('Starter is cancelled and stays until')
  await page.getByRole('button', { name: 'Keep the plan' }).click()
  await expect(page.getByRole('button', { name: 'Cancel the plan…' })).toBeVisible()
})

test('what is used is counted, and leads to each request', async ({ page, request }) => {
  test.setTimeout(120_000)
  const owner = await newPerson(request)
  await storeMemories(request, owner, 3)
  await signIn(page, owner)
  await page.goto(`/${owner.org}/settings/usage`)
  // Sums follow the ledger by a few seconds.
  await expect(async () => {
    await page.reload()
    await expect(page.getByRole('table', { name: 'By module' })).toContainText('Memories stored', { timeout: 2000 })
  }).toPass({ timeout: 60_000 })
  await expect(page.getByRole('list', { name: 'By day' }).getByRole('link').last()).toHaveAccessibleName(
    /Memories stored 3/,
  )
  await page.getByRole('combobox', { name: 'Group by' }).selectOption('By operation')
  await expect(page).toHaveURL(/by=operation/)
  await page.reload()
  await page
    .getByRole('row', { name: /Memories stored/ })
    .getByRole('link')
    .first()
    .click()
  await expect(page.getByRole('heading', { level: 1, name: 'Each use' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Copy the request’s id' })).toHaveCount(3)
  await page.goBack()
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export as CSV' }).click()
  expect((await download).suggestedFilename()).toMatch(/^usage-.*\.csv$/)
})

test('an invoice has its lines', async ({ page, request }) => {
  test.setTimeout(120_000)
  const owner = await newPerson(request)
  await signIn(page, owner)
  await page.goto(`/${owner.org}/settings/invoices`)
  await expect(page.getByText('There are no invoices')).toBeVisible()
  await subscribe(page, owner, 'Starter')
  await page.getByRole('link', { name: 'Invoices' }).click()
  await expect(async () => {
    await page.reload()
    await expect(page.getByRole('table', { name: 'Invoices' })).toBeVisible({ timeout: 2000 })
  }).toPass({ timeout: 60_000 })
  await page.getByRole('table').getByRole('link').first().click()
  await expect(page.getByRole('heading', { level: 1, name: /^Invoice / })).toBeVisible()
  await expect(page.getByRole('table', { name: 'Lines of the invoice' })).toContainText('Starter')
})

test('settings are saved, and kept when somebody else was first', async ({ page, request, quiet }) => {
  quiet.allow(/status of 412/)
  const owner = await newPerson(request)
  await signIn(page, owner)
  await page.goto(`/${owner.org}/settings/billing`)
  await page.getByLabel('Warn at these percents of a limit').fill('50, 90')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Saved').first()).toBeVisible()
  await page.reload()
  await expect(page.getByLabel('Warn at these percents of a limit')).toHaveValue('50, 90')
  await page.getByLabel('E-mail for invoices').fill('books@example.com')
  const other = await request.patch('/api/v1/billing/settings', {
    data: { alert_percents: [70] },
    headers: bearer(owner.access),
  })
  expect(other.ok()).toBe(true)
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText(/^Somebody else has changed this/)).toBeVisible()
  await expect(page.getByLabel('E-mail for invoices')).toHaveValue('books@example.com')
  await page.getByRole('button', { name: 'Show the present state' }).click()
  await expect(page.getByLabel('Warn at these percents of a limit')).toHaveValue('70')
})

test('a limit that is reached says so wherever it refuses, and leads to the plans', async ({
  page,
  request,
  quiet,
}) => {
  quiet.allow(/status of 402/)
  const owner = await newPerson(request)
  await signIn(page, owner)
  await page.route('**/api/v1/memory/search', (route) =>
    route.fulfill({
      status: 402,
      headers: { 'Content-Type': 'application/problem+json' },
      body: JSON.stringify({
        code: 'quota_exceeded',
        detail: 'The plan allows 100 of searches a day.',
        gate: 'quota',
        meter: 'memory_searches',
        limit: 100,
        available_in: ['starter', 'professional', 'enterprise'],
      }),
    }),
  )
  await page.goto(`/${owner.org}/search?q=tea`)
  await expect(
    page.getByText('Searches: your plan’s limit of 100 is reached. Starter, Professional or Enterprise lifts it.'),
  ).toBeVisible()
  await page.getByRole('link', { name: 'See the plans' }).click()
  await expect(page.getByRole('heading', { name: 'Plans', exact: true })).toBeInViewport()
})

test('who may only read sees the plan and changes nothing', async ({ page }) => {
  const org = await signIn(page, VIEWER)
  await page.goto(`/${org}/settings/billing`)
  await expect(page.getByText('billing:write')).toBeVisible()
  await expect(page.getByRole('article', { name: 'Professional' })).toBeVisible()
  await expect(page.locator('#main').getByRole('button')).toHaveCount(0)
  await page.goto(`/${org}/settings/usage`)
  await expect(page.getByRole('button', { name: 'Export as CSV' })).toBeVisible()
})

const PAGES = ['billing', 'usage', 'usage?by=operation&range=7d', 'usage/ledger', 'invoices']

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme })

    test('the billing can be used by everybody', async ({ page }) => {
      test.setTimeout(180_000)
      const org = await signIn(page)
      for (const path of PAGES) {
        await page.goto(`/${org}/settings/${path}`)
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
        await settle(page)
        await check(page, path)
      }
    })
  })
}

test('the billing fits a phone', async ({ browser, baseURL }) => {
  const context = await browser.newContext({ baseURL, viewport: { width: 390, height: 844 }, locale: 'en-GB' })
  watch(context)
  const page = await context.newPage()
  const org = await signIn(page)
  for (const path of PAGES) {
    await page.goto(`/${org}/settings/${path}`)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    await settle(page)
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(beyond, path).toBeLessThanOrEqual(0)
  }
  await context.close()
})
