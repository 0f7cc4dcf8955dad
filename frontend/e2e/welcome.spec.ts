import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { mailedPath } from './mails'
import { PASSWORD } from './people'
import { expect, newPerson, settle, signIn, test } from './platform'

async function check(page: Page, where: string) {
  await settle(page)
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => `${where}: ${id}: ${nodes[0]?.html}`)).toEqual([])
}

test('the sample notes give a first answer', async ({ page, request }) => {
  const person = await newPerson(request)
  await signIn(page, person)
  await page.goto(`/${person.org}/welcome?step=documents`)
  await expect(page.getByRole('button', { name: 'Go on' })).toBeDisabled()
  await page.getByRole('button', { name: 'Try it with ten made-up notes' }).click()
  await expect(page.getByRole('listitem').filter({ hasText: 'lighthouse-tea.jsonl' })).toContainText('10 memories')
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByRole('button', { name: 'Ask the first question' }).click()
  await page
    .getByRole('button', { name: /What do we know about/ })
    .first()
    .click()
  await expect(page.locator('ol > li').filter({ hasText: 'Score' }).first()).toBeVisible()
  // A reload stays where one is.
  await page.reload()
  await expect(page.locator('ol > li').filter({ hasText: 'Score' }).first()).toBeVisible()
})

test('a forgotten password is set anew by the link of the mail, once', async ({ page, request, quiet }) => {
  const person = await newPerson(request)
  await page.goto('/sign-in')
  await page.getByRole('link', { name: 'Forgotten your password?' }).click()
  await page.getByLabel('E-mail').fill(person.email)
  await page.getByRole('button', { name: 'Send the link' }).click()
  await expect(page.getByRole('status')).toContainText(person.email)
  await expect.poll(() => mailedPath(person.email, /\/reset-password\/\S+/)).toBeTruthy()
  const link = mailedPath(person.email, /\/reset-password\/\S+/) as string
  await page.goto(link)
  await page.getByLabel('New password', { exact: true }).fill(`${PASSWORD} anew`)
  await page.getByRole('button', { name: 'Set the password' }).click()
  await expect(page).toHaveURL(/\/sign-in$/)
  await page.getByLabel('E-mail').fill(person.email)
  await page.getByLabel('Password', { exact: true }).fill(`${PASSWORD} anew`)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible()
  quiet.allow(/status of 400/)
  await page.goto(link)
  await page.getByLabel('New password', { exact: true }).fill(`${PASSWORD} again`)
  await page.getByRole('button', { name: 'Set the password' }).click()
  await expect(page.getByRole('alert')).toContainText('was used before')
})

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme })

    test('the way in can be used by everybody', async ({ page, request }) => {
      test.setTimeout(120_000)
      for (const path of ['/forgot-password', '/reset-password/x.y']) {
        await page.goto(path)
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
        await check(page, path)
      }
      const person = await newPerson(request)
      await signIn(page, person)
      for (const path of ['/welcome', '/welcome?step=documents', '/welcome?step=reading', '/welcome?step=question']) {
        await page.goto(`/${person.org}${path}`)
        await expect(page.getByRole('heading', { level: 2 }).first()).toBeVisible()
        await check(page, path)
      }
      await page.goto(`/${person.org}/settings/memory`)
      await expect(page.getByRole('heading', { name: 'Dimensions' })).toBeVisible()
      await check(page, 'settings')
    })
  })
}
