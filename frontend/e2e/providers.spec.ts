import type { Page } from '@playwright/test'
import { check } from './axe'
import { mailedPath } from './mails'
import { expect, newPerson, signIn, test } from './platform'

/** At the provider of the development platform, which believes whatever one says. */
async function vouch(page: Page, email: string, isVerified = true) {
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Name').fill('Grace Hopper')
  if (!isVerified) await page.getByLabel('The address has not been verified').check()
  await page.getByRole('button', { name: 'Sign in' }).click()
}

test('a new person comes by another account, and comes back by it', async ({ page, quiet }) => {
  quiet.allow(/status of 4\d\d/)
  const email = `grace-${crypto.randomUUID()}@example.com`
  await page.goto('/sign-in')
  await page.getByRole('link', { name: 'Continue with Local sign-in' }).click()
  await vouch(page, email)
  await expect(page.getByRole('heading', { name: 'Almost there' })).toBeVisible()
  await expect(page.getByText(`You sign in as ${email}.`)).toBeVisible()
  // What the server left behind the address is not kept there.
  expect(page.url()).not.toContain('#')
  await check(page, 'sign-up by a provider')
  await page.getByLabel('Organisation').fill('Compiler Works')
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page).toHaveURL(/\/compiler-works[^/]*\/welcome/)
  const org = new URL(page.url()).pathname.split('/')[1]

  await page.goto(`/${org}/settings/sign-ins`)
  await expect(page.getByText(`${email} · since`)).toBeVisible()
  await page.getByRole('button', { name: 'Disconnect Local sign-in' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click()
  await expect(page.getByRole('alert')).toContainText('This is your last way in')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Account' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()

  await page.getByRole('link', { name: 'Continue with Local sign-in' }).click()
  await vouch(page, email)
  await expect(page).toHaveURL(new RegExp(`/${org}/settings/sign-ins$`))
  await expect(page.getByRole('heading', { level: 1, name: 'Connected sign-ins' })).toBeVisible()
})

test('an address that is not proven there opens nothing here, in words', async ({ page, quiet }) => {
  // The provider's page has no icon.
  quiet.allow(/status of 404/)
  await page.goto('/sign-in')
  await page.getByRole('link', { name: 'Continue with Local sign-in' }).click()
  await vouch(page, `grace-${crypto.randomUUID()}@example.com`, false)
  await expect(page.getByRole('alert')).toContainText('is not confirmed there')
  await expect(page).toHaveURL(/\/sign-in$/)
  await check(page, 'refused at the provider')
})

test('another account is connected in the settings, and disconnected', async ({ page, request, quiet }) => {
  quiet.allow(/status of 404/)
  const person = await newPerson(request)
  await expect.poll(() => mailedPath(person.email, /\/verify-email\/\S+/)).toBeTruthy()
  const path = mailedPath(person.email, /\/verify-email\/\S+/) as string
  const key = decodeURIComponent(path.slice('/verify-email/'.length))
  await request.post('/api/v1/auth/email/verify', { data: { key } })
  await signIn(page, person)
  await page.goto(`/${person.org}/settings/sign-ins`)
  await page.getByRole('button', { name: 'Connect Local sign-in' }).click()
  await vouch(page, `other-${crypto.randomUUID()}@example.com`)
  await expect(page.getByRole('button', { name: 'Disconnect Local sign-in' })).toBeVisible()
  await page.getByRole('button', { name: 'Disconnect Local sign-in' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click()
  await expect(page.getByRole('button', { name: 'Connect Local sign-in' })).toBeVisible()
})
