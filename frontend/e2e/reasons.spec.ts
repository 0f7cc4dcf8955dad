import type { APIRequestContext, Page } from '@playwright/test'
import { check } from './axe'
import { bearer, expect, newPerson, settle, signIn, test } from './platform'

const QUESTION = 'who ran the checkout test in March?'
const TEXT = 'Decision: the harbour shop opens at eight from May on, says Ada Byron.'

async function newMemory(page: Page, request: APIRequestContext) {
  const person = await newPerson(request)
  const stored = await request.post('/api/v1/memory/store', {
    data: { content: TEXT, memory_type: 'decision', metadata: { team: 'Harbour' } },
    headers: bearer(person.access),
  })
  expect(stored.status()).toBe(201)
  const id = (await stored.json()).memory_id as string
  await signIn(page, person)
  return { person, path: `/${person.org}/memories/${id}`, api: `/api/v1/memory/${id}` }
}

function standing(page: Page) {
  return page.locator('section', { has: page.getByRole('heading', { name: 'Where this memory stands' }) })
}

test('the history says what each revision changed, and who made it', async ({ page, request }) => {
  const { person, path, api } = await newMemory(page, request)
  const data = { content: TEXT.replace('eight', 'nine'), memory_type: 'opening_hours', metadata: { team: 'Quay' } }
  expect((await request.patch(api, { data, headers: bearer(person.access) })).ok()).toBe(true)
  await page.goto(path)
  const change = page.getByRole('button', { name: /^Changed: / })
  await expect(change).toHaveText('Changed: Text, Metadata and Type')
  await change.click()
  await expect(page.locator('del').filter({ hasText: 'eight' })).toBeVisible()
  await expect(page.locator('ins').filter({ hasText: 'nine' })).toBeVisible()
  await expect(page.locator('ins').filter({ hasText: 'Opening hours' })).toBeVisible()
  await expect(page.locator('ins').filter({ hasText: 'Quay' })).toBeVisible()
  await expect(page.getByText('by you')).toHaveCount(2)
})

test('a deleted memory says so at its address, and comes back', async ({ page, request, quiet }) => {
  quiet.allow(/status of 404/)
  const { person, path, api } = await newMemory(page, request)
  expect((await request.delete(api, { headers: bearer(person.access) })).status()).toBe(204)
  await page.goto(path)
  await expect(page.getByRole('heading', { name: 'This memory is in the trash' })).toBeVisible()
  await page.getByRole('button', { name: 'Restore' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toContainText('opens at eight')
  await page.goto(`/${person.org}/memories/01926c3e-6a2b-7c00-8000-000000000001`)
  await expect(page.getByRole('heading', { name: 'This is not here' })).toBeVisible()
})

test('an expired memory says so at its address', async ({ page, request, quiet }) => {
  quiet.allow(/status of 404/)
  const { person, path, api } = await newMemory(page, request)
  const expires_at = new Date(Date.now() + 1500).toISOString()
  expect((await request.patch(api, { data: { expires_at }, headers: bearer(person.access) })).ok()).toBe(true)
  await expect.poll(async () => (await request.get(api, { headers: bearer(person.access) })).status()).toBe(404)
  await page.goto(path)
  await expect(page.getByRole('heading', { name: 'This memory has expired' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Restore' })).toHaveCount(0)
})

test('why a memory is not among the results, and what lets it in', async ({ page }) => {
  const org = await signIn(page)
  const address = `/${org}/search?q=${encodeURIComponent(QUESTION)}`
  await page.goto(address)
  const rows = page.locator('[data-row]')
  await expect(rows).toHaveCount(10)
  const first = await rows.first().getAttribute('data-row')
  const last = await rows.last().getAttribute('data-row')

  await page.goto(`${address}&why=${first}`)
  await expect(standing(page)).toContainText('This question finds it.')
  await expect(standing(page)).toContainText('At place 1 of')
  await page.getByRole('button', { name: 'Type' }).first().click()
  await page.getByRole('menuitemcheckbox', { name: /Decision/ }).click()
  await page.keyboard.press('Escape')
  await expect(standing(page)).toContainText('Its type leaves it out.')
  await standing(page).getByRole('button', { name: 'Without this filter' }).click()
  await expect(standing(page)).toContainText('At place 1 of')
  await expect(page).not.toHaveURL(/type=/)

  // A memory that is open beside the list, and that a higher score leaves out.
  await page.goto(`${address}&peek=${last}`)
  await page.getByRole('button', { name: 'Any score' }).click()
  await page.getByRole('menuitemradio', { name: 'Score from 0.75' }).click()
  await expect(page).toHaveURL(/min=0.75/)
  await page.getByRole('button', { name: 'Why?', exact: true }).click()
  await expect(standing(page)).toContainText('Its score is too low.')
  await standing(page).getByRole('button', { name: 'Close the explanation' }).click()
  await expect(standing(page)).toHaveCount(0)
})

test('what only one way of searching finds can be asked after', async ({ page }) => {
  const org = await signIn(page)
  await page.goto(`/${org}/search?q=${encodeURIComponent('why did churn rise after the redesign?')}&compare=neural`)
  await expect(page.getByText(/^place \d+ there$/).first()).toBeVisible()
  await page.getByRole('button', { name: 'Why not there?' }).first().click()
  await expect(standing(page)).toContainText('This question finds it.')
  await expect(standing(page)).toContainText(/It comes after the first 10|does not find it/)
})

test('a question of the palette is asked, and known the next time', async ({ page }) => {
  const org = await signIn(page)
  await page.goto(`/${org}`)
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await page.keyboard.press('ControlOrMeta+k')
  await page.getByRole('combobox').fill('student plan in the Netherlands')
  await page.getByRole('option', { name: 'Search for “student plan in the Netherlands”' }).click()
  await expect(page.locator('[data-row]').first()).toContainText('student plan')
  await page.goto(`/${org}/search`)
  await page.getByRole('button', { name: 'student plan in the Netherlands' }).click()
  await expect(page).toHaveURL(/q=student/)
  await expect(page.locator('[data-row]').first()).toBeVisible()
})

test('a used-up plan and too many requests say when it goes on', async ({ page, quiet }) => {
  quiet.allow(/status of 4(02|29)/)
  const org = await signIn(page)
  const refuse = (status: number, body: object) =>
    page.route('**/api/v1/memory/search', (route) =>
      route.fulfill({
        status,
        headers: { 'Content-Type': 'application/problem+json', 'Retry-After': '7200' },
        body: JSON.stringify(body),
      }),
    )
  await refuse(402, {
    code: 'quota_exceeded',
    detail: 'The plan allows 100 of searches a day.',
    available_in: ['team'],
  })
  await page.goto(`/${org}/search?q=churn`)
  await expect(page.getByRole('heading', { name: 'Your plan’s limit is reached' })).toBeVisible()
  await expect(page.getByText('The plan allows 100 of searches a day. Team lifts it.')).toBeVisible()
  await expect(page.getByText('Possible again in 2 hours.')).toBeVisible()
  await page.unroute('**/api/v1/memory/search')
  await refuse(429, { code: 'rate_limited', detail: 'Too many requests.' })
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('heading', { name: 'Too many requests' })).toBeVisible()
  await page.unroute('**/api/v1/memory/search')
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.locator('[data-row]').first()).toBeVisible()
})

test('on a phone nothing of a search sticks out', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  const org = await signIn(page)
  const address = `/${org}/search?q=${encodeURIComponent(QUESTION)}`
  await page.goto(address)
  const id = await page.locator('[data-row]').last().getAttribute('data-row')
  for (const more of ['', `&why=${id}&compare=neural`, `&why=${id}&min=0.25&type=decision`]) {
    await page.goto(`${address}${more}`)
    await expect(page.locator('[data-row]').first()).toBeVisible()
    await settle(page)
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(beyond, more).toBeLessThanOrEqual(0)
  }
})

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme })

    test('history and reasons can be used by everybody', async ({ page, request, quiet }) => {
      quiet.allow(/status of 404/)
      const { person, path, api } = await newMemory(page, request)
      await request.patch(api, { data: { content: 'Something else.' }, headers: bearer(person.access) })
      await page.goto(path)
      await page.getByRole('button', { name: /^Changed/ }).click()
      await check(page, 'history')
      await request.delete(api, { headers: bearer(person.access) })
      await page.goto(path)
      await expect(page.getByRole('button', { name: 'Restore' })).toBeVisible()
      await check(page, 'trashed')
      const org = await signIn(page)
      await page.goto(`/${org}/search?q=churn&compare=neural`)
      await page.getByRole('button', { name: 'Why not there?' }).first().click()
      await expect(standing(page)).toContainText('This question finds it.')
      await settle(page)
      await check(page, 'reasons')
    })
  })
}
