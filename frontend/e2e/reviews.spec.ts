import AxeBuilder from '@axe-core/playwright'
import type { APIRequestContext } from '@playwright/test'
import { bearer, expect, newPerson, type Person, settle, signIn, test } from './platform'

const OLD = 'The annual plan discount is 20% for customers in Europe.'
const NEW = 'The annual plan discount is 25% for customers in Europe.'
const NOTE =
  'Priya Raman tested the welcome series with former customers in spring, and most of them opened the second mail.'

// The workers may be busy with the notes of the demo.
test.describe.configure({ timeout: 180_000 })
const FOUND = { timeout: 120_000 }

/** Stores a contradiction and a duplicate, and waits until the platform has found both by itself. */
async function twoPairs(request: APIRequestContext, person: Person) {
  const headers = bearer(person.access)
  for (const data of [
    { content: OLD, occurred_at: '2026-03-02T09:00:00Z' },
    { content: NEW, occurred_at: '2026-03-09T09:00:00Z' },
    { content: NOTE, metadata: { team: 'Growth' } },
    { content: NOTE, metadata: { market: 'EU' } },
  ]) {
    expect((await request.post('/api/v1/memory/store', { data, headers })).status()).toBe(201)
  }
  await expect
    .poll(async () => (await (await request.get('/api/v1/memory/reviews', { headers })).json()).total, FOUND)
    .toBe(2)
}

test('what contradicts is decided, taken back and decided otherwise; duplicates become one', async ({
  page,
  request,
}) => {
  const person = await newPerson(request)
  await twoPairs(request, person)
  await signIn(page, person)
  await page.goto(`/${person.org}`)
  await page.getByRole('link', { name: 'Review', exact: true }).click()
  await expect(page.getByText('2 pairs to decide about')).toBeVisible()

  await page.getByRole('button', { name: /^Contradiction/ }).click()
  await expect(page.getByRole('article', { name: 'Earlier' }).locator('mark', { hasText: '20%' })).toBeVisible()
  await page.keyboard.press('a')
  await expect(page.getByText('One replaces the other now')).toBeVisible()
  await expect(page.getByText('1 pair to decide about')).toBeVisible()
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(page.getByText('2 pairs to decide about')).toBeVisible()

  await page.getByRole('button', { name: /^Contradiction/ }).click()
  await page.getByRole('button', { name: 'The earlier one holds' }).click()
  await expect(page.getByText('1 pair to decide about')).toBeVisible()
  await page.getByRole('button', { name: /^Merge into the earlier one/ }).click()
  await expect(page.getByRole('heading', { name: 'Nothing to decide' })).toBeVisible()

  const list = await request.get('/api/v1/memory', { headers: bearer(person.access) })
  const rows: { content: string; metadata: object }[] = (await list.json()).results
  expect(rows.map(({ content }) => content).sort()).toEqual([NOTE, OLD].sort())
  expect(rows.find(({ content }) => content === NOTE)?.metadata).toEqual({ team: 'Growth', market: 'EU' })

  await page.getByRole('radio', { name: 'What changed' }).check()
  await expect(page.getByRole('heading', { name: 'Decided' })).toBeVisible()
  await expect(page.getByRole('link', { name: 'Duplicate: Merged' })).toBeVisible()
  await page.getByRole('radio', { name: 'A day' }).check()
  await page.getByRole('link', { name: 'Duplicate: Merged' }).click()
  await expect(page.getByRole('article', { name: 'Later' })).toContainText('Priya Raman')
})

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme })

    test('the page can be used by everybody', async ({ page, request }) => {
      const person = await newPerson(request)
      await twoPairs(request, person)
      await signIn(page, person)
      for (const path of ['review', 'review?view=changes']) {
        await page.goto(`/${person.org}/${path}`)
        await settle(page)
        const { violations } = await new AxeBuilder({ page }).analyze()
        expect(violations).toEqual([])
      }
    })
  })
}

test('it fits on a phone', async ({ page, request }) => {
  const person = await newPerson(request)
  await twoPairs(request, person)
  await signIn(page, person)
  await page.setViewportSize({ width: 320, height: 640 })
  for (const path of ['review', 'review?view=changes']) {
    await page.goto(`/${person.org}/${path}`)
    await settle(page)
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    expect(width).toBeLessThanOrEqual(320)
  }
})
