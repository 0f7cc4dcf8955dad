import { readFile } from 'node:fs/promises'
import { check } from './axe'
import { bearer, expect, newPerson, signIn, storeMemories, test } from './platform'

test('a memory goes in an archive from one organisation to another', async ({ page, request, browser }) => {
  test.setTimeout(180_000)
  const person = await newPerson(request)
  await storeMemories(request, person, 3)
  await signIn(page, person)
  await page.goto(`/${person.org}/settings/exports`)
  await expect(page.getByText('No archive is kept.')).toBeVisible()
  await page.getByRole('button', { name: 'Write an archive' }).click()
  await check(page, 'asking for an archive')
  await page.getByRole('button', { name: 'Write it' }).click()
  await expect(page.getByText(/^3 memories, /)).toBeVisible({ timeout: 60_000 })
  await check(page, 'an archive')
  const saved = page.waitForEvent('download')
  await page.getByRole('button', { name: /^Download the archive/ }).click()
  // The browser fetches it by itself: nothing of it is held by the page.
  expect((await saved).url()).toContain('/api/v1/memory/downloads?token=')
  expect((await saved).suggestedFilename()).toMatch(/^memory-\d{4}-\d\d-\d\d-\w{8}\.zip$/)
  const archive = await (await saved).path()

  const other = await newPerson(request)
  const context = await browser.newContext()
  const there = await context.newPage()
  await signIn(there, other)
  await there.goto(`/${other.org}/settings/exports`)
  for (const counts of ['3 brought in, 0 here already, of 3', '0 brought in, 3 here already, of 3']) {
    await there.locator('input[type=file]').setInputFiles({
      name: 'memory.zip',
      mimeType: 'application/zip',
      buffer: await readFile(archive),
    })
    await expect(there.getByText(`Done: ${counts}`)).toBeVisible({ timeout: 60_000 })
  }
  await there.locator('input[type=file]').setInputFiles({
    name: 'none.zip',
    mimeType: 'application/zip',
    buffer: Buffer.from('no archive'),
  })
  await expect(there.getByRole('alert')).toContainText('archive')
  await check(there, 'imports')
  const listed = await request.get('/api/v1/memory', { headers: bearer(other.access) })
  expect((await listed.json()).total).toBe(3)
  await context.close()

  await page.getByRole('button', { name: /^Delete the archive/ }).click()
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  await expect(page.getByText('No archive is kept.')).toBeVisible()
})
