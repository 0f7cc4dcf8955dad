import type { APIRequestContext } from '@playwright/test'
import { check } from './axe'
import { VIEWER } from './people'
import { bearer, expect, newPerson, type Person, settle, signIn, storeMemories, test } from './platform'

async function latest(request: APIRequestContext, { access }: Person) {
  const answer = await request.get('/api/v1/memory?limit=1', { headers: bearer(access) })
  return (await answer.json()).results[0].memory_id as string
}

test('an edit on top of somebody else’s keeps what was typed and takes the rest', async ({ page, request, quiet }) => {
  quiet.allow(/status of 412/)
  const person = await newPerson(request)
  await storeMemories(request, person, 3)
  const id = await latest(request, person)
  await signIn(page, person)
  await page.goto(`/${person.org}/memories/${id}`)
  await page.getByRole('button', { name: 'Edit' }).click()
  const form = page.getByRole('form', { name: 'Edit the memory' })
  await expect(form.getByRole('textbox', { name: 'Text' })).toBeFocused()
  await form.getByLabel('Metadata').fill('[1]')
  await form.getByLabel('Type').fill('Customer voice')
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(form.getByLabel('Type')).toBeFocused()
  await expect(form.getByText('This is not a JSON object', { exact: false })).toBeVisible()
  await form.getByLabel('Metadata').fill('{"shop": "harbour"}')
  await form.getByLabel('Type').fill('decision')
  await form.getByRole('textbox', { name: 'Text' }).fill('Mine: green tea sells best at the harbour.')

  const theirs = await request.patch(`/api/v1/memory/${id}`, {
    headers: bearer(person.access),
    data: { content: 'Theirs: black tea sells best at the harbour.', source: 'market' },
  })
  expect(theirs.status()).toBe(200)
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(form.getByRole('alert')).toContainText('Somebody else has changed this memory meanwhile')
  await form.getByRole('button', { name: 'Load theirs' }).click()
  await expect(form.getByText('Theirs: black tea')).toBeVisible()
  await expect(form.getByRole('textbox', { name: 'Text' })).toHaveValue('Mine: green tea sells best at the harbour.')

  // Neither Escape nor a link loses it without asking.
  const question = page.getByRole('dialog', { name: 'Leave without saving?' })
  await form.getByRole('textbox', { name: 'Text' }).press('Escape')
  await question.getByRole('button', { name: 'Keep editing' }).click()
  await page.getByRole('link', { name: 'Search', exact: true }).click()
  await expect(question).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(question).toHaveCount(0)
  await expect(page).toHaveURL(new RegExp(id))

  await form.getByRole('textbox', { name: 'Text' }).press('ControlOrMeta+Enter')
  await expect(form).toHaveCount(0)
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Mine: green tea')
  await expect(page.getByRole('button', { name: 'Edit' })).toBeFocused()
  const stored = await (await request.get(`/api/v1/memory/${id}`, { headers: bearer(person.access) })).json()
  expect(stored).toMatchObject({
    content: 'Mine: green tea sells best at the harbour.',
    metadata: { shop: 'harbour' },
    source: 'market',
    revision: 3,
  })

  await page.getByRole('button', { name: 'Edit' }).click()
  await form.getByRole('textbox', { name: 'Text' }).fill('Thrown away')
  await form.getByRole('button', { name: 'Cancel' }).click()
  await question.getByRole('button', { name: 'Discard the changes' }).click()
  await expect(form).toHaveCount(0)
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Mine: green tea')
})

test('neighbours lead on, and a question is answered with the place or what keeps the memory out', async ({ page }) => {
  const org = await signIn(page)
  await page.goto(`/${org}/memories?type=decision`)
  await page.locator('[data-row]').first().click()
  await page.getByRole('link', { name: 'Open the whole page' }).click()
  const panel = page.locator('section', { has: page.getByRole('heading', { name: 'Neighbours' }) })
  const neighbours = panel.locator('ol > li')
  await expect(neighbours).toHaveCount(8)
  await expect(neighbours.first()).toContainText(/\d+%/)
  const ask = page.locator('section', { has: page.getByRole('heading', { name: 'Why is it not found?' }) })
  const text = (await page.getByRole('heading', { level: 1 }).textContent()) ?? ''
  await ask.getByLabel('Question').fill(text)
  await ask.getByRole('button', { name: 'Ask' }).click()
  await expect(ask.getByText(/^At place \d+ of \d+ that were found\.$/)).toBeVisible()
  await ask.getByRole('button', { name: 'Score' }).click()
  await expect(ask.getByRole('table')).toBeVisible()
  const before = page.url()
  await neighbours.first().getByRole('link').first().click()
  await expect(page).not.toHaveURL(before)
  await expect(page.getByRole('heading', { name: 'Neighbours' })).toBeVisible()
  await expect(ask.getByLabel('Question')).toHaveValue('')
})

test('what says nearly the same is marked, and nothing near is said too', async ({ page, request }) => {
  const person = await newPerson(request)
  const text =
    'The pricing committee met on Tuesday and agreed to keep the lower price of the large box until the end of spring, because regular customers of the harbour shop had asked for it and the margin still allows it.'
  async function store(content: string) {
    const answer = await request.post('/api/v1/memory/store', { data: { content }, headers: bearer(person.access) })
    return (await answer.json()).memory_id as string
  }
  const id = await store(text)
  await signIn(page, person)
  await page.goto(`/${person.org}/memories/${id}`)
  await expect(page.getByText('No other memory comes near this one yet.')).toBeVisible()
  await store(text.replace('lower', 'reduced'))
  await page.reload()
  await expect(page.getByText('Says nearly the same')).toBeVisible()
})

test('domain and dimensions are changed after saying what it does', async ({ page, request }) => {
  const person = await newPerson(request)
  await storeMemories(request, person, 2)
  await signIn(page, person)
  await page.goto(`/${person.org}`)
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await page.keyboard.press('g')
  await page.keyboard.press('t')
  await page.getByRole('link', { name: 'Memory', exact: true }).click()
  await expect(page).toHaveURL(/settings\/memory$/)
  await page.getByRole('radio', { name: 'Finance' }).check()
  await page.getByRole('button', { name: 'Change the domain' }).click()
  const dialog = page.getByRole('dialog', { name: 'Change what memories are compared by?' })
  await expect(dialog).toContainText('All 2 memories are placed anew')
  await dialog.getByRole('button', { name: 'Save the change' }).click()
  await expect(dialog).toHaveCount(0)
  await expect(page.getByRole('term').filter({ hasText: 'Liquidity' })).toBeVisible()

  await page.getByRole('button', { name: 'Edit' }).click()
  const form = page.getByRole('form', { name: 'Edit the dimensions' })
  await form.getByRole('button', { name: 'Remove liquidity' }).click()
  await expect(form.getByRole('button', { name: 'Add a dimension' })).toBeFocused()
  await form.getByRole('button', { name: 'Add a dimension' }).click()
  const added = form.getByRole('group').last()
  await expect(added.getByLabel('Name')).toBeFocused()
  await added.getByLabel('Name').fill('Tea freshness')
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(added.getByLabel('Description')).toBeFocused()
  await expect(added.getByText('Describe it in a few words.')).toBeVisible()
  await added.getByLabel('Description').fill('The leaves were picked this spring')
  await added.getByLabel('Description').press('Escape')
  await page.getByRole('button', { name: 'Keep editing' }).click()
  await page.getByRole('link', { name: 'Graph' }).click()
  await page.getByRole('button', { name: 'Keep editing' }).click()
  await form.getByRole('button', { name: 'Save' }).click()
  await dialog.getByRole('button', { name: 'Save the change' }).click()
  await expect(page.getByRole('term').filter({ hasText: 'Tea freshness' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Edit' })).toBeFocused()
  const context = await (await request.get('/api/v1/memory/context', { headers: bearer(person.access) })).json()
  expect(context.dimensions.at(-1)).toEqual({
    name: 'tea_freshness',
    description: 'The leaves were picked this spring',
  })

  await page.getByRole('button', { name: 'Those of the domain' }).click()
  await dialog.getByRole('button', { name: 'Save the change' }).click()
  await expect(page.getByRole('term').filter({ hasText: 'Liquidity' })).toBeVisible()
})

test('a viewer reads, and finds no way to change anything', async ({ page }) => {
  const org = await signIn(page, VIEWER)
  await page.goto(`/${org}/settings/memory`)
  await expect(page.getByText('An owner or an administrator can change these settings.')).toBeVisible()
  await expect(page.getByRole('radio', { name: 'Finance' })).toBeDisabled()
  await expect(page.getByRole('button', { name: 'Edit' })).toHaveCount(0)
  await page.goto(`/${org}/memories`)
  await page.locator('[data-row]').first().click()
  await page.getByRole('link', { name: 'Open the whole page' }).click()
  await expect(page.getByRole('heading', { name: 'Neighbours' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Edit' })).toHaveCount(0)
})

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme })

    test('memory and its settings are readable for everybody, on phones too', async ({ page, request }) => {
      test.setTimeout(180_000)
      const org = await signIn(page)
      await page.goto(`/${org}/memories?type=decision`)
      await page.locator('[data-row]').first().click()
      await page.getByRole('link', { name: 'Open the whole page' }).click()
      const ask = page.getByRole('textbox', { name: 'Question' })
      await ask.fill('green tea')
      await ask.press('Enter')
      await expect(page.getByText('“green tea”')).toBeVisible()
      await settle(page)
      await check(page, `memory-${colorScheme}`)
      await page.getByRole('button', { name: 'Edit' }).click()
      await page.getByLabel('Metadata').fill('[')
      await page.getByRole('button', { name: 'Save' }).click()
      await check(page, `editor-${colorScheme}`)
      await page.getByRole('button', { name: 'Cancel' }).click()
      await page.getByRole('button', { name: 'Discard the changes' }).click()

      const person = await newPerson(request)
      await page.context().clearCookies()
      await signIn(page, person)
      await page.goto(`/${person.org}/settings/memory`)
      await page.getByRole('radio', { name: 'Research' }).check()
      await check(page, `settings-${colorScheme}`)
      await page.getByRole('button', { name: 'Edit' }).click()
      await page.getByRole('button', { name: 'Add a dimension' }).click()
      await page.getByRole('button', { name: 'Save' }).click()
      await check(page, `dimensions-${colorScheme}`)
      await page.getByRole('button', { name: 'Change the domain' }).click()
      await expect(page.getByRole('dialog')).toBeVisible()
      await check(page, `anew-${colorScheme}`)
      await page.keyboard.press('Escape')

      await page.setViewportSize({ width: 390, height: 844 })
      const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      expect(await overflow()).toBeLessThanOrEqual(0)
      await check(page, `dimensions-phone-${colorScheme}`)
    })
  })
}

test('on a phone nothing sticks out', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  const org = await signIn(page)
  await page.goto(`/${org}/memories?type=decision`)
  await page.locator('[data-row]').first().click()
  await page.getByRole('link', { name: 'Open the whole page' }).click()
  await expect(page.getByText(/\d+%/).first()).toBeVisible()
  await settle(page)
  const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  expect(await overflow()).toBeLessThanOrEqual(0)
  await check(page, 'memory-phone')
  await page.getByRole('button', { name: 'Edit' }).click()
  expect(await overflow()).toBeLessThanOrEqual(0)
  await check(page, 'editor-phone')
})
