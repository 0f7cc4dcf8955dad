import type { APIRequestContext, Page } from '@playwright/test'
import { check } from './axe'
import { mailedPath } from './mails'
import { oneTimeCode } from './one-time-code'
import { PASSWORD } from './people'
import { expect, newPerson, type Person, settle, signIn, test, watch } from './platform'

/** Somebody whose address is confirmed: only they can have a second factor. */
async function newVerifiedPerson(request: APIRequestContext): Promise<Person> {
  const person = await newPerson(request)
  await expect.poll(() => mailedPath(person.email, /\/verify-email\/\S+/)).toBeTruthy()
  const path = mailedPath(person.email, /\/verify-email\/\S+/) as string
  const key = decodeURIComponent(path.slice('/verify-email/'.length))
  expect((await request.post('/api/v1/auth/email/verify', { data: { key } })).ok()).toBe(true)
  return person
}

async function signOut(page: Page) {
  await page.getByRole('button', { name: 'Account' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(page).toHaveURL(/\/sign-in/)
}

async function enterPassword(page: Page, person: Person) {
  await page.getByLabel('E-mail').fill(person.email)
  await page.getByLabel('Password', { exact: true }).fill(person.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** Sets up an authenticator app on the page; returns its secret and the recovery codes. */
async function setUpApp(page: Page) {
  await page.getByRole('button', { name: 'Set up the app' }).click()
  await expect(page.getByRole('img', { name: /^Code for the authenticator app/ })).toBeVisible()
  const secret = (await page.locator('li code').first().textContent()) as string
  await page.getByLabel('Code', { exact: true }).fill(oneTimeCode(secret))
  await page.getByRole('button', { name: 'Turn on' }).click()
  await expect(page.getByRole('list', { name: 'Recovery codes' })).toBeVisible()
  const codes = await page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem').allTextContents()
  expect(codes.length).toBeGreaterThanOrEqual(8)
  await page.getByLabel('I have kept the codes').check()
  await page.getByRole('button', { name: 'Done' }).click()
  return { secret, codes }
}

test('an authenticator app is set up and asked for; a recovery code stands in once', async ({
  page,
  request,
  quiet,
}) => {
  test.setTimeout(120_000)
  quiet.allow(/status of 400/)
  const person = await newVerifiedPerson(request)
  await signIn(page, person)
  await page.goto(`/${person.org}/settings/second-factor`)
  const { secret, codes } = await setUpApp(page)
  await expect(page.getByRole('button', { name: 'Turn off' })).toBeVisible()
  await expect(page.getByText(`${codes.length} are left.`)).toBeVisible()
  await signOut(page)

  await enterPassword(page, person)
  await expect(page.getByRole('heading', { name: 'One more step' })).toBeVisible()
  await check(page, 'second step')
  await page.getByLabel('Code from your app').fill('000000')
  await page.getByRole('button', { name: 'Continue' }).click()
  await expect(page.getByRole('alert')).toContainText('This code is wrong')
  // The code of the set-up is spent: the next one counts.
  await page.getByLabel('Code from your app').fill(oneTimeCode(secret, 1))
  await page.getByRole('button', { name: 'Continue' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Second factor' })).toBeVisible()
  await signOut(page)

  for (const isFirst of [true, false]) {
    await enterPassword(page, person)
    await page.getByRole('button', { name: 'Use a recovery code' }).click()
    await page.getByLabel('Recovery code').fill(codes[0] as string)
    await page.getByRole('button', { name: 'Continue' }).click()
    if (isFirst) {
      await expect(page.getByRole('heading', { level: 1, name: 'Second factor' })).toBeVisible()
      await signOut(page)
    }
  }
  await expect(page.getByRole('alert')).toContainText('This code is wrong')
})

test('a passkey is added, opens the door alone, and is removed', async ({ page, request, context, quiet }) => {
  quiet.allow(/status of 403/)
  test.setTimeout(120_000)
  const devices = await context.newCDPSession(page)
  await devices.send('WebAuthn.enable')
  await devices.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  const person = await newVerifiedPerson(request)
  await signIn(page, person)
  await page.goto(`/${person.org}/settings/second-factor`)
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByLabel('Name').fill('Test laptop')
  await page.getByRole('button', { name: 'Create the passkey' }).click()
  await page.getByLabel('I have kept the codes').check()
  await page.getByRole('button', { name: 'Done' }).click()
  await expect(page.getByText('Test laptop')).toBeVisible()
  await page.getByRole('button', { name: 'Rename Test laptop' }).click()
  await page.getByRole('dialog').getByLabel('Name').fill('Old laptop')
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Old laptop')).toBeVisible()
  await signOut(page)

  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Second factor' })).toBeVisible()
  await signOut(page)
  await enterPassword(page, person)
  await page.getByRole('button', { name: 'Use a passkey' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Second factor' })).toBeVisible()

  // An action that wants to be sure: the server asks once, as it does when the last proof is old.
  let isAsked = false
  await page.route('**/api/v1/auth/mfa/passkeys/*', (route) => {
    if (isAsked) return route.continue()
    isAsked = true
    return route.fulfill({ status: 403, json: { code: 'reauthentication_required', detail: 'Prove who you are.' } })
  })
  await page.goto(`/${person.org}/settings/second-factor`)
  await page.getByRole('button', { name: 'Delete Old laptop' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  const proof = page.getByRole('dialog', { name: 'Is it still you?' })
  await check(page, 'proof')
  await proof.getByRole('button', { name: 'Use a passkey' }).click()
  await expect(page.getByText('None yet.')).toBeVisible()
})

test('an action that wants a proof takes the password, and goes on by itself', async ({ page, request, quiet }) => {
  quiet.allow(/status of 40[03]/)
  const person = await newVerifiedPerson(request)
  await signIn(page, person)
  let asked = 0
  await page.route('**/api/v1/auth/email/change', (route) => {
    asked += 1
    if (asked > 2) return route.continue()
    return route.fulfill({ status: 403, json: { code: 'reauthentication_required', detail: 'Prove who you are.' } })
  })
  await page.goto(`/${person.org}/settings/password`)
  const email = `new-${crypto.randomUUID()}@example.com`
  await page.getByLabel('New e-mail address').fill(email)
  await page.getByRole('button', { name: 'Send the link' }).click()
  const proof = page.getByRole('dialog', { name: 'Is it still you?' })
  await proof.getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByRole('alert')).toContainText('Nothing was done')
  await page.getByRole('button', { name: 'Send the link' }).click()
  await proof.getByLabel('Password', { exact: true }).fill('not the password')
  await proof.getByRole('button', { name: 'Continue' }).click()
  await expect(proof.getByRole('alert')).toHaveText('The password is wrong.')
  await proof.getByLabel('Password', { exact: true }).fill(person.password)
  await proof.getByRole('button', { name: 'Continue' }).click()
  await expect(page.getByText(`Waiting for ${email} to be confirmed`)).toBeVisible()

  await expect.poll(() => mailedPath(email, /\/confirm-email\/\S+/)).toBeTruthy()
  await page.goto(mailedPath(email, /\/confirm-email\/\S+/) as string)
  await check(page, 'confirm e-mail')
  await page.getByRole('button', { name: 'Confirm' }).click()
  await expect(page.getByText(`${email} is your address now.`)).toBeVisible()
  // The link in the mail to the old address takes the change back.
  await page.goto(mailedPath(person.email, /\/confirm-email\/\S+/) as string)
  await page.getByRole('button', { name: 'Stop the change' }).click()
  await expect(page.getByText('The change is stopped.')).toBeVisible()
})

test('where a second factor is required, there is nothing before it', async ({ page, request, browser, baseURL }) => {
  test.setTimeout(120_000)
  const owner = await newVerifiedPerson(request)
  await signIn(page, owner)
  await page.goto(`/${owner.org}/settings/second-factor`)
  await setUpApp(page)
  await page.goto(`/${owner.org}/settings/security`)
  await page.getByRole('checkbox', { name: 'Everybody needs a second factor' }).click()
  await page.getByRole('button', { name: 'Require it' }).click()
  await expect(page.getByRole('checkbox', { name: 'Everybody needs a second factor' })).toBeChecked()

  const email = `guest-${crypto.randomUUID()}@example.com`
  await page.goto(`/${owner.org}/settings/members`)
  await page.getByRole('button', { name: 'Invite people' }).first().click()
  await page.getByLabel('E-mail addresses').fill(email)
  await page.getByRole('button', { name: 'Send the invitation' }).click()
  await expect.poll(() => mailedPath(email, /\/invitations\/\S+/)).toBeTruthy()
  const context = await browser.newContext({ baseURL, locale: 'en-GB' })
  const guest = await context.newPage()
  await guest.goto(mailedPath(email, /\/invitations\/\S+/) as string)
  await guest.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await guest.getByRole('button', { name: 'Create account and join' }).click()
  await expect(guest.getByRole('heading', { name: 'Set up a second factor' })).toBeVisible()
  await check(guest, 'enrolment')
  await guest.goto(`/${owner.org}/memories`)
  await expect(guest.getByRole('heading', { name: 'Set up a second factor' })).toBeVisible()
  await setUpApp(guest)
  await expect(guest.getByRole('heading', { level: 1, name: 'Memories' })).toBeVisible()
  await context.close()
})

test('sessions are seen and ended', async ({ page, request, browser, baseURL }) => {
  const person = await newPerson(request)
  await signIn(page, person)
  const context = await browser.newContext({ baseURL, locale: 'en-GB' })
  const other = await context.newPage()
  await signIn(other, person)
  await other.goto(`/${person.org}`)
  await expect(other.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible()
  await page.goto(`/${person.org}/settings/sessions`)
  await expect(page.getByText('this one')).toHaveCount(1)
  await page.getByRole('button', { name: 'End all others' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'End all others' }).click()
  await expect(page.getByRole('button', { name: 'End all others' })).toHaveCount(0)
  await expect(page.getByRole('main').getByRole('listitem')).toHaveCount(1)
  await expect(async () => {
    await other.goto(`/${person.org}/memories`)
    await expect(other).toHaveURL(/\/sign-in/, { timeout: 2000 })
  }).toPass()
  await context.close()
})

test('name and password are changed, and the account is deleted with a way back', async ({ page, request, quiet }) => {
  test.setTimeout(120_000)
  quiet.allow(/status of 400/)
  const person = await newPerson(request)
  await signIn(page, person)
  await page.goto(`/${person.org}/settings/profile`)
  await expect(page.getByText('is not confirmed yet')).toBeVisible()
  await page.getByLabel('Name').fill('Ada Lovelace')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Saved')).toBeVisible()

  await page.goto(`/${person.org}/settings/password`)
  await page.getByLabel('Current password').fill('something else')
  await page.getByLabel('New password', { exact: true }).fill(`${PASSWORD} anew`)
  await page.getByRole('button', { name: 'Change the password' }).click()
  await expect(page.getByText('The password is wrong.')).toBeVisible()
  await page.getByLabel('Current password').fill(person.password)
  await page.getByRole('button', { name: 'Change the password' }).click()
  await expect(page.getByText('Your password is changed')).toBeVisible()
  await page.reload()
  await expect(page.getByRole('heading', { level: 1, name: 'Password and e-mail' })).toBeVisible()

  await page.goto(`/${person.org}/settings/delete-account`)
  await page.getByRole('button', { name: 'Delete my account…' }).click()
  await page.getByLabel(`Type ${person.email} to confirm`).fill(person.email)
  await page.getByRole('button', { name: 'Delete my account', exact: true }).click()
  await expect(page.getByText('Sign in before then to keep it.')).toBeVisible()
  await enterPassword(page, { ...person, password: `${PASSWORD} anew` })
  await expect(page.getByRole('heading', { level: 1, name: 'Delete account' })).toBeVisible()
})

const PAGES = ['profile', 'password', 'second-factor', 'sessions', 'sign-ins', 'delete-account']

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme })

    test('one’s own account can be used by everybody', async ({ page, request }) => {
      test.setTimeout(180_000)
      const person = await newVerifiedPerson(request)
      await signIn(page, person)
      for (const path of PAGES) {
        await page.goto(`/${person.org}/settings/${path}`)
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
        await settle(page)
        await check(page, path)
      }
      await page.goto(`/${person.org}/settings/second-factor`)
      await page.getByRole('button', { name: 'Set up the app' }).click()
      await expect(page.getByLabel('Code', { exact: true })).toBeVisible()
      await check(page, 'setting up')
    })
  })
}

test('the account fits a phone', async ({ browser, baseURL, request }) => {
  const person = await newPerson(request)
  const context = await browser.newContext({ baseURL, viewport: { width: 390, height: 844 }, locale: 'en-GB' })
  watch(context)
  const page = await context.newPage()
  await signIn(page, person)
  for (const path of PAGES) {
    await page.goto(`/${person.org}/settings/${path}`)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    await settle(page)
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(beyond, path).toBeLessThanOrEqual(0)
  }
  await context.close()
})
