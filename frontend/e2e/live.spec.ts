import { bearer, expect, newPerson, signIn, storeMemories, test } from './platform'

test('what others store is said, and does not move what one looks at', async ({ page, request }) => {
  test.setTimeout(120_000)
  const owner = await newPerson(request)
  await storeMemories(request, owner, 2)
  await signIn(page, owner)
  await page.goto(`/${owner.org}/memories`)
  await expect(page.locator('[data-row]')).toHaveCount(2)
  await expect(page.getByRole('button', { name: 'Live updates' })).toHaveAttribute('data-live', 'live')
  await storeMemories(request, owner, 3)
  const show = page.getByRole('button', { name: '3 new memories: show' })
  await expect(show).toBeVisible({ timeout: 30_000 })
  await expect(page.locator('[data-row]')).toHaveCount(2)
  await show.click()
  await expect(page.locator('[data-row]')).toHaveCount(5)
  await expect(show).toBeHidden()
  await expect(page.getByText('5 memories')).toBeVisible()
})

test('an open memory, its counts and the overview follow', async ({ page, request }) => {
  test.setTimeout(120_000)
  const owner = await newPerson(request)
  const made = await request.post('/api/v1/memory/store', {
    data: { content: 'The kettle is copper.', memory_type: 'note' },
    headers: bearer(owner.access),
  })
  const { memory_id } = await made.json()
  await signIn(page, owner)
  await page.goto(`/${owner.org}/memories/${memory_id}`)
  await expect(page.getByRole('heading', { level: 1, name: 'The kettle is copper.' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Live updates' })).toHaveAttribute('data-live', 'live')
  const present = await request.get(`/api/v1/memory/${memory_id}`, { headers: bearer(owner.access) })
  await request.patch(`/api/v1/memory/${memory_id}`, {
    data: { content: 'The kettle is steel.' },
    headers: { ...bearer(owner.access), 'If-Match': present.headers().etag as string },
  })
  await expect(page.getByRole('heading', { level: 1, name: 'The kettle is steel.' })).toBeVisible({ timeout: 30_000 })
  await page.getByRole('link', { name: 'Overview' }).click()
  await expect(page.locator('#main dl').first().getByRole('link').first()).toHaveText(/^1$/)
  await storeMemories(request, owner, 1)
  await expect(page.locator('#main dl').first().getByRole('link').first()).toHaveText(/^2$/, { timeout: 60_000 })
})

test('what was missed is caught up: without a connection, and paused', async ({ page, request, context, quiet }) => {
  test.setTimeout(180_000)
  quiet.allow(/ERR_INTERNET_DISCONNECTED/)
  const owner = await newPerson(request)
  await storeMemories(request, owner, 1)
  await signIn(page, owner)
  await page.goto(`/${owner.org}/memories`)
  const live = page.getByRole('button', { name: 'Live updates' })
  await expect(live).toHaveAttribute('data-live', 'live')
  await context.setOffline(true)
  await expect(live).toHaveAttribute('data-live', 'paused')
  await storeMemories(request, owner, 2)
  await context.setOffline(false)
  await expect(live).toHaveAttribute('data-live', 'live')
  const show = page.getByRole('button', { name: '2 new memories: show' })
  await expect(show).toBeVisible({ timeout: 30_000 })
  await show.click()
  await expect(page.locator('[data-row]')).toHaveCount(3)

  await live.click()
  await expect(live).toHaveAttribute('data-live', 'paused')
  await page.reload()
  await expect(live).toHaveAttribute('data-live', 'paused')
  await storeMemories(request, owner, 1)
  await live.click()
  await expect(live).toHaveAttribute('data-live', 'live')
  await expect(page.getByRole('button', { name: '1 new memory: show' })).toBeVisible({ timeout: 30_000 })
})

test('an empty list fills by itself', async ({ page, request }) => {
  const owner = await newPerson(request)
  await signIn(page, owner)
  await page.goto(`/${owner.org}/memories`)
  await expect(page.getByText('No memories')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Live updates' })).toHaveAttribute('data-live', 'live')
  await storeMemories(request, owner, 1)
  await expect(page.locator('[data-row]')).toHaveCount(1, { timeout: 30_000 })
})
