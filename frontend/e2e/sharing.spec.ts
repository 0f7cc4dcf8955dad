import { check } from './axe'
import { bearer, expect, newPerson, signIn, test } from './platform'

test('memories of a module are opened to a role, and closed again', async ({ page, request }) => {
  const person = await newPerson(request)
  await signIn(page, person)
  await page.goto(`/${person.org}/settings/sharing`)
  await expect(page.getByText('Nothing was opened to anybody.')).toBeVisible()
  const modules = page.getByRole('table', { name: 'Modules' })
  await expect(modules.getByRole('row', { name: /lift_causal/ })).toContainText(/Experiments/i)
  await check(page, 'sharing, nothing granted')

  await page.getByRole('button', { name: 'Grant access' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Memories of').selectOption('lift_causal')
  await dialog.getByLabel('Open to').selectOption('role')
  await dialog.getByLabel('Who').selectOption('viewer')
  await dialog.getByLabel('What for').fill('The board reads models.')
  await check(page, 'opening memories')
  await dialog.getByRole('button', { name: 'Grant access' }).click()
  await expect(page.getByText('Access is granted')).toBeVisible()
  await expect(page.getByText(/Role viewer: read · all types of lift_causal/)).toBeVisible()
  await expect(page.getByText('The board reads models.')).toBeVisible()

  await page.getByRole('button', { name: 'Revoke: Role viewer, lift_causal' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
  await expect(page.getByText('They are closed again')).toBeVisible()
  await expect(page.getByText(/^Revoked ·/)).toBeVisible()
  const kept = await (await request.get('/api/v1/memory/grants', { headers: bearer(person.access) })).json()
  expect(kept.results.map((one: { status: string }) => one.status)).toEqual(['revoked'])
})
