import { check } from './axe'
import { mailedPath } from './mails'
import { PASSWORD } from './people'
import { bearer, expect, newPerson, type Person, settle, signIn, test, watch } from './platform'

/** Invites somebody over the API and lets them in; returns who they are. */
async function newMember(request: Parameters<typeof newPerson>[0], owner: Person, role = 'member') {
  const email = `guest-${crypto.randomUUID()}@example.com`
  const invited = await request.post('/api/v1/orgs/current/invitations', {
    data: { email, role },
    headers: bearer(owner.access),
  })
  expect(invited.status()).toBe(201)
  await expect.poll(() => mailedPath(email, /\/invitations\/\S+/)).toBeTruthy()
  const key = decodeURIComponent((mailedPath(email, /\/invitations\/\S+/) as string).slice('/invitations/'.length))
  const accepted = await request.post('/api/v1/invitations/accept', { data: { key, password: PASSWORD } })
  expect(accepted.status()).toBe(201)
  return { email, password: PASSWORD, org: owner.org, access: (await accepted.json()).access }
}

test('people are invited, come by the link in the mail, get another role, and are removed', async ({
  page,
  request,
  browser,
  baseURL,
  quiet,
}) => {
  test.setTimeout(120_000)
  quiet.allow(/status of 40[29]/)
  const owner = await newPerson(request)
  await signIn(page, owner)
  await page.goto(`/${owner.org}/settings/members`)
  await expect(page.getByText('Nobody is invited right now')).toBeVisible()
  const email = `guest-${crypto.randomUUID()}@example.com`
  const other = `other-${crypto.randomUUID()}@example.com`
  await page.getByRole('button', { name: 'Invite people' }).first().click()
  // A short message is a dialog, too.
  const invite = page.getByRole('dialog', { name: 'Invite people' })
  await page.getByLabel('E-mail addresses').fill('somebody')
  await page.getByRole('button', { name: 'Send the invitation' }).click()
  await expect(page.getByText('This is no e-mail address: somebody')).toBeVisible()
  // The owner is a member already: that one is refused, the other is on its way.
  await page.getByLabel('E-mail addresses').fill(`${other}\n${owner.email}`)
  await page.getByRole('button', { name: 'Send 2 invitations' }).click()
  await expect(invite.getByText('This person is a member')).toBeVisible()
  // The free plan has room for two, and whoever is invited takes a place.
  await page.getByLabel('E-mail addresses').fill(`Guest <${email}>`)
  await invite.getByLabel('Role').selectOption('viewer')
  await page.getByRole('button', { name: 'Send the invitation' }).click()
  await expect(invite).toContainText('Members: your plan’s limit of 2 is reached. Starter')
  await expect(invite.getByRole('link', { name: 'See the plans' })).toBeVisible()
  await page.getByRole('button', { name: 'Cancel' }).click()
  const pending = page.getByRole('table', { name: 'Pending invitations' })
  await expect(pending.getByRole('row')).toHaveCount(2)
  await page.getByRole('button', { name: `Take back the invitation of ${other}` }).click()
  await page
    .getByRole('dialog', { name: /^Take back/ })
    .getByRole('button', { name: 'Take back' })
    .click()
  await expect(page.getByText('Nobody is invited right now')).toBeVisible()
  await page.getByRole('button', { name: 'Invite people' }).first().click()
  await page.getByLabel('E-mail addresses').fill(`Guest <${email}>`)
  await invite.getByLabel('Role').selectOption('viewer')
  await page.getByRole('button', { name: 'Send the invitation' }).click()
  await expect(pending.getByRole('row')).toHaveCount(2)

  await expect.poll(() => mailedPath(email, /\/invitations\/\S+/)).toBeTruthy()
  const context = await browser.newContext({ baseURL, locale: 'en-GB' })
  const guest = await context.newPage()
  await guest.goto(mailedPath(email, /\/invitations\/\S+/) as string)
  await expect(guest.getByRole('heading', { level: 1, name: 'Join Harbour Tea' })).toBeVisible()
  await expect(guest.getByText('as viewer')).toBeVisible()
  await guest.getByLabel('Your name').fill('Grace Guest')
  await guest.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await guest.getByRole('button', { name: 'Create account and join' }).click()
  await expect(guest).toHaveURL(new RegExp(`/${owner.org}`))
  await guest.goto(`/${owner.org}/settings/api-keys`)
  await expect(guest.getByText('Your role does not open this page')).toBeVisible()
  await expect(guest.getByText('keys:read')).toBeVisible()

  await page.reload()
  await page.getByLabel('Role of Grace Guest').selectOption('admin')
  await expect(page.getByText('Grace Guest has the new role now')).toBeVisible()
  await expect(async () => {
    await guest.goto(`/${owner.org}/settings/api-keys`)
    await expect(guest.getByRole('heading', { name: 'Let a program in' })).toBeVisible({ timeout: 3000 })
  }).toPass()

  await page.getByRole('button', { name: 'Remove Grace Guest' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await expect(page.getByText('Grace Guest is no longer a member')).toBeVisible()
  await expect(page.getByLabel('Role of Grace Guest')).toHaveCount(0)
  await context.close()
})

test('an invitation is for one address, and works once', async ({ page, request, quiet }) => {
  quiet.allow(/status of 400/)
  const owner = await newPerson(request)
  const stranger = await newPerson(request, 'Elsewhere')
  const email = `guest-${crypto.randomUUID()}@example.com`
  await request.post('/api/v1/orgs/current/invitations', {
    data: { email, role: 'member' },
    headers: bearer(owner.access),
  })
  await expect.poll(() => mailedPath(email, /\/invitations\/\S+/)).toBeTruthy()
  const path = mailedPath(email, /\/invitations\/\S+/) as string
  await signIn(page, stranger)
  await page.goto(path)
  await expect(
    page.getByText(`The invitation is for ${email}, and you are signed in as ${stranger.email}.`),
  ).toBeVisible()
  await page.getByRole('button', { name: 'Sign out and go on' }).click()
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Create account and join' }).click()
  await expect(page).toHaveURL(new RegExp(`/${owner.org}`))
  await page.goto(path)
  await expect(page.getByRole('alert')).toContainText('This invitation does not hold')
})

test('ownership is handed over to who was typed', async ({ page, request }) => {
  const owner = await newPerson(request)
  const member = await newMember(request, owner)
  await signIn(page, owner)
  await page.goto(`/${owner.org}/settings/members`)
  await page.getByRole('button', { name: 'Hand over ownership' }).click()
  await page.getByLabel('New owner').selectOption({ label: member.email })
  await page.getByLabel(`Type ${member.email} to confirm`).fill('somebody')
  await expect(page.getByRole('button', { name: 'Hand over', exact: true })).toBeDisabled()
  await page.getByLabel(`Type ${member.email} to confirm`).fill(member.email)
  await page.getByRole('button', { name: 'Hand over', exact: true }).click()
  await expect(page.getByText(`${member.email} is the owner now`)).toBeVisible()
  await expect(page.getByRole('button', { name: 'Hand over ownership' })).toHaveCount(0)
  await expect(page.getByRole('row', { name: owner.email })).toContainText('Administrator')
})

test('a role of one’s own is made, used, and not deleted while somebody has it', async ({ page, request, quiet }) => {
  quiet.allow(/status of 409/)
  const owner = await newPerson(request)
  const member = await newMember(request, owner)
  await signIn(page, owner)
  await page.goto(`/${owner.org}/settings/roles`)
  await page.getByText('Owner', { exact: true }).click()
  await expect(page.getByText('This role is the same everywhere.').first()).toBeVisible()
  await page.getByRole('button', { name: 'New role' }).click()
  await page.getByLabel('Name').fill('Support team')
  await page
    .getByRole('checkbox', { name: /^Search and read memories/ })
    .first()
    .check()
  await page.getByRole('button', { name: 'Create the role' }).click()
  await expect(page.getByText('The role Support team is saved')).toBeVisible()

  await page.goto(`/${owner.org}/settings/members`)
  await page.getByLabel(`Role of ${member.email}`).selectOption({ label: 'Support team' })
  await expect(page.getByText(`${member.email} has the new role now`)).toBeVisible()
  await page.goto(`/${owner.org}/settings/roles`)
  await page.getByRole('heading', { name: 'Support team' }).click()
  await page.getByRole('button', { name: 'Delete Support team' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByRole('alert')).toHaveText('Members have this role. Give them another one first.')
})

test('a key is shown once, works, is rotated and revoked', async ({ page, request, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const owner = await newPerson(request)
  await signIn(page, owner)
  await page.goto(`/${owner.org}/settings/api-keys`)
  await page.getByRole('button', { name: 'New key' }).click()
  await page.getByLabel('Name').fill('Importer')
  await page.getByRole('checkbox', { name: /^Search and read memories/ }).check()
  await page.getByRole('button', { name: 'Create the key' }).click()
  const dialog = page.getByRole('dialog', { name: 'The key Importer' })
  const command = await dialog.getByText(/^curl /).textContent()
  await dialog.getByRole('button', { name: 'Copy the key' }).click()
  const secret = await page.evaluate(() => navigator.clipboard.readText())
  expect(secret).toMatch(/^lift_live_\w{38}$/)
  expect(command).toContain(secret)
  expect((await request.get('/api/v1/memory', { headers: { 'X-API-Key': secret } })).status()).toBe(200)
  await expect(dialog.getByRole('button', { name: 'Done' })).toBeDisabled()
  await dialog.getByLabel('I have kept the key').check()
  await dialog.getByRole('button', { name: 'Done' }).click()
  await expect(page.getByText('Importer')).toBeVisible()
  expect(await page.content()).not.toContain(secret)

  await page.getByRole('button', { name: 'Rotate Importer' }).click()
  await page.getByLabel('The old key works').selectOption('24')
  await page.getByRole('button', { name: 'Make the new key' }).click()
  await page.getByLabel('I have kept the key').check()
  await page.getByRole('button', { name: 'Done' }).click()
  await expect(page.getByRole('listitem').filter({ hasText: 'Importer' })).toHaveCount(2)

  await page.getByRole('button', { name: 'Revoke Importer' }).last().click()
  await page.getByLabel('Type Importer to confirm').fill('Importer')
  await page.getByRole('button', { name: 'Revoke the key' }).click()
  await expect(page.getByText('The key Importer is revoked')).toBeVisible()
})

test('the brand is seen before it is saved, and its logo', async ({ page, request }) => {
  const owner = await newPerson(request)
  await signIn(page, owner)
  await page.goto(`/${owner.org}/settings/branding`)
  await page.getByLabel('Name shown').fill('Harbour & Sons')
  await page.getByLabel('Main colour', { exact: true }).fill('#ffee00')
  await expect(page.getByText('Text on it is black')).toBeVisible()
  await page.getByLabel('Second colour', { exact: true }).fill('red')
  await expect(page.getByText('Write a colour as #rrggbb')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Save' })).toBeDisabled()
  await page.getByLabel('Second colour', { exact: true }).fill('#0b7285')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Saved')).toBeVisible()
  await page
    .getByLabel('Choose a logo')
    .setInputFiles({ name: 'logo.svg', mimeType: 'image/svg+xml', buffer: Buffer.from('<svg/>') })
  await expect(page.getByRole('alert')).toHaveText('Choose a PNG, JPEG or WebP picture.')
  await page.getByLabel('Choose a logo').setInputFiles({ name: 'logo.png', mimeType: 'image/png', buffer: LOGO })
  await expect(page.getByText('The logo is saved')).toBeVisible()
  const logo = page.getByRole('img', { name: 'Your logo' })
  await expect(logo).toBeVisible()
  expect(await logo.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0)
  await page.reload()
  await expect(page.getByLabel('Name shown')).toHaveValue('Harbour & Sons')
})

// A red point.
const LOGO = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC',
  'base64',
)

test('a domain says which record proves it', async ({ page, request, quiet }) => {
  quiet.allow(/status of 400/)
  const owner = await newPerson(request)
  await signIn(page, owner)
  await page.goto(`/${owner.org}/settings/domains`)
  await expect(page.getByText('Use your own domain')).toBeVisible()
  const domain = `${crypto.randomUUID().slice(0, 8)}.example.org`
  await page.getByLabel('Domain').fill(domain)
  await page.getByRole('button', { name: 'Add' }).click()
  await expect(page.getByRole('heading', { name: domain })).toBeVisible()
  await expect(page.getByText('Waiting for proof')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Copy the value' })).toBeVisible()
  await page.getByRole('button', { name: 'Remove' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await expect(page.getByText('Use your own domain')).toBeVisible()
})

const PAGES = ['general', 'members', 'roles', 'api-keys', 'security', 'branding', 'domains']

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme })

    test('the organisation’s settings can be used by everybody', async ({ page, request }) => {
      test.setTimeout(180_000)
      const owner = await newPerson(request)
      await newMember(request, owner)
      await signIn(page, owner)
      for (const path of PAGES) {
        await page.goto(`/${owner.org}/settings/${path}`)
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
        await settle(page)
        await check(page, path)
      }
      await page.goto(`/${owner.org}/settings/api-keys`)
      await page.getByRole('button', { name: 'New key' }).click()
      await expect(page.getByRole('checkbox').first()).toBeVisible()
      await check(page, 'new key')
      await page.goto(`/${owner.org}/settings/members`)
      await page.getByRole('button', { name: 'Invite people' }).first().click()
      await check(page, 'invite')
    })
  })
}

test('the settings fit a phone', async ({ browser, baseURL, request }) => {
  const owner = await newPerson(request)
  await newMember(request, owner)
  const context = await browser.newContext({ baseURL, viewport: { width: 390, height: 844 }, locale: 'en-GB' })
  watch(context)
  const page = await context.newPage()
  await signIn(page, owner)
  for (const path of PAGES) {
    await page.goto(`/${owner.org}/settings/${path}`)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    await settle(page)
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(beyond, path).toBeLessThanOrEqual(0)
  }
  await page.getByText('Settings', { exact: true }).last().click()
  await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'General' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'General' })).toBeVisible()
  await context.close()
})
