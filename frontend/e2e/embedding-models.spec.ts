import { check } from './axe'
import { bearer, expect, newPerson, signIn, storeMemories, test } from './platform'

test('another model reads the memory, answers, gives way again and goes', async ({ page, request }) => {
  const person = await newPerson(request)
  await storeMemories(request, person, 3)
  const headers = bearer(person.access)
  const found = async () => {
    const data = { query: 'green tea in the harbour shop', search_type: 'neural' }
    return (await (await request.post('/api/v1/memory/search', { headers, data })).json()).results.length
  }
  const known = await (await request.get('/api/v1/memory/epochs', { headers })).json()
  const [{ model: first }] = known.results
  const other = known.models.find(({ name }: { name: string }) => name !== first).name

  await signIn(page, person)
  await page.goto(`/${person.org}/settings/memory`)
  const panel = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Embedding model' }) })
  const row = (model: string) => panel.getByRole('listitem').filter({ hasText: model })
  await expect(row(first)).toContainText('In use · 3 of 3 memories read')
  await check(page, 'one model')
  await panel.getByLabel('Another model').selectOption(other)
  await panel.getByRole('button', { name: 'Have it read the memory' }).click()
  await expect(row(other)).toContainText('Ready · 3 of 3 memories read', { timeout: 60_000 })
  await expect(row(first)).toContainText('In use')
  await check(page, 'a model that is ready')

  await panel.getByRole('button', { name: `Switch to ${other}` }).click()
  await expect(row(other)).toContainText('In use · 3 of 3 memories read')
  await expect(row(first)).toContainText('In use before · 3 of 3 memories read')
  expect(await found()).toBe(3)
  await check(page, 'a model that was switched to')

  await panel.getByRole('button', { name: `Roll back to ${first}` }).click()
  await expect(row(first)).toContainText('In use · 3 of 3 memories read')
  expect(await found()).toBe(3)

  await panel.getByRole('button', { name: `Delete the vectors of ${other}` }).click()
  const dialog = page.getByRole('dialog', { name: 'Delete the vectors of a model?' })
  await check(page, 'deleting what a model has read')
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click()
  await expect(row(other)).toHaveCount(0)
  await expect(panel.getByLabel('Another model').locator('option', { hasText: other })).toHaveCount(1)
  await expect(row(first)).toContainText('In use · 3 of 3 memories read')
  expect(await found()).toBe(3)
})
