import { readFile } from 'node:fs/promises'
import { check } from './axe'
import { bearer, expect, newPerson, settle, signIn, storeMemories, test, watch } from './platform'

test('the list goes back in time, and what is replaced or deleted is told', async ({ page, request }) => {
  const person = await newPerson(request)
  await storeMemories(request, person, 3)
  const headers = bearer(person.access)
  const listed = await (await request.get('/api/v1/memory', { headers })).json()
  const [newest, middle, oldest] = listed.results.map((memory: { memory_id: string }) => memory.memory_id)
  await request.post(`/api/v1/memory/${oldest}/supersede`, {
    headers,
    data: { by: newest, reason: 'The newer count holds.' },
  })
  await request.delete(`/api/v1/memory/${middle}`, { headers })

  await signIn(page, person)
  await page.goto(`/${person.org}/memories`)
  await expect(page.locator('[data-row]')).toHaveCount(1)
  await page.getByRole('button', { name: 'Go back in time' }).click()
  const slider = page.getByRole('slider', { name: 'Moment' })
  await expect(slider).toHaveAttribute('aria-valuetext', 'Now')
  const before = new Date(Date.parse(listed.results[0].recorded_at) + 1).toISOString()
  await page.goto(`/${person.org}/memories?at=${before}`)
  await expect(page.locator('[data-row]')).toHaveCount(3)
  await page
    .getByRole('checkbox', { name: /^Select:/ })
    .first()
    .check()
  // What was can be read only.
  await expect(page.getByRole('button', { name: 'Delete' })).toHaveCount(0)
  await check(page, 'memories of another time')
  await slider.press('End')
  await expect(page.locator('[data-row]')).toHaveCount(1)
  await page.getByRole('button', { name: 'Back to the present' }).click()
  await expect(slider).toHaveCount(0)

  await page.getByText('Replaced', { exact: true }).click()
  await page.locator('[data-row]').first().click()
  await page.getByRole('link', { name: 'Open the whole page' }).click()
  await expect(page.getByText(/another memory holds instead/)).toBeVisible()
  await expect(page.getByText('The newer count holds.')).toBeVisible()
  await check(page, 'a memory that was replaced')
  await page.getByRole('button', { name: 'It holds after all' }).click()
  await expect(page.getByText('In force again')).toBeVisible()
  await expect(page.getByText(/another memory holds instead/)).toHaveCount(0)
  await page.getByRole('button', { name: /^Holds instead: Note 03/ }).click()
  await expect(page.getByText(/another memory holds instead/)).toBeVisible()
  await expect(page.getByRole('button', { name: /^Holds instead/ })).toHaveCount(0)
})

test('rules, holds and erasures with a certificate', async ({ page, request, quiet }) => {
  quiet.allow(/status of 409/)
  const person = await newPerson(request)
  await storeMemories(request, person, 3)
  const headers = bearer(person.access)
  await request.post('/api/v1/memory/store', {
    headers,
    data: { content: 'Quaxlibert wants to be forgotten.', memory_type: 'note', source: 'phone' },
  })
  await signIn(page, person)
  await page.goto(`/${person.org}/settings/retention`)
  await page.getByRole('button', { name: 'Edit rules' }).click()
  await page.getByRole('button', { name: 'Add a rule' }).click()
  await page.getByLabel('Days').fill('90')
  await page.getByRole('button', { name: 'Save rules' }).click()
  await expect(page.getByText('All other types: to the trash after 90 days')).toBeVisible()

  await page.getByRole('button', { name: 'Place a hold' }).click()
  const hold = page.getByRole('dialog', { name: 'Place a hold' })
  await hold.getByLabel('Name').fill('Case 7')
  await hold.getByLabel('Source').fill('phone')
  await hold.getByRole('button', { name: 'Place a hold' }).click()
  await expect(page.getByText(/Keeps 1 memory/)).toBeVisible()

  await page.getByRole('button', { name: 'Erase memories' }).click()
  const dialog = page.getByRole('dialog', { name: 'Erase memories' })
  await dialog.getByLabel('With this in the text').fill('Quaxlibert')
  await dialog.getByRole('button', { name: 'See what would go' }).click()
  await expect(dialog.getByText('Case 7 (1)', { exact: false })).toBeVisible()
  await check(page, 'an erasure that is refused')
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: 'Release Case 7' }).click()
  await page.getByRole('button', { name: 'Release', exact: true }).click()
  await expect(page.getByText(/^Released/)).toBeVisible()

  await page.getByRole('button', { name: 'Erase memories' }).click()
  await dialog.getByLabel('With this in the text').fill('Quaxlibert')
  await dialog.getByRole('button', { name: 'See what would go' }).click()
  await expect(dialog.getByText('1 memory would be erased')).toBeVisible()
  await dialog.getByLabel('Reason').fill('Request of the person')
  await dialog.getByLabel('Type 1 to confirm').fill('1')
  await dialog.getByRole('button', { name: 'Erase for good' }).click()
  await expect(page.getByRole('cell', { name: 'No. 1' })).toBeVisible({ timeout: 20_000 })
  await check(page, 'keeping and erasing')
  await page.getByRole('button', { name: 'Show: Request of the person' }).click()
  const saved = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save the certificate' }).click()
  const certificate = JSON.parse(await readFile(await (await saved).path(), 'utf8'))
  expect(certificate.content).toMatchObject({ format: 'liftos-erasure/1', number: 1, reason: 'Request of the person' })
  expect(JSON.stringify(certificate)).not.toContain('Quaxlibert')
})

test('keeping, exports and the past fit a phone', async ({ browser, baseURL, request }) => {
  const context = await browser.newContext({ baseURL, viewport: { width: 390, height: 844 }, locale: 'en-GB' })
  watch(context)
  const page = await context.newPage()
  const person = await newPerson(request)
  await storeMemories(request, person, 3)
  await signIn(page, person)
  for (const path of ['settings/retention', 'settings/exports', 'memories?past=yes', 'review']) {
    await page.goto(`/${person.org}/${path}`)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    await settle(page)
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(beyond, path).toBeLessThanOrEqual(0)
    await check(page, `${path} on a phone`)
  }
  await context.close()
})
