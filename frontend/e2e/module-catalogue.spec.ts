import { check } from './axe'
import { bearer, expect, newPerson, signIn, test } from './platform'

test('a module is enabled by consent, shown, configured, and disabled again', async ({ page, request, quiet }) => {
  test.setTimeout(120_000)
  // The accessibility check itself reads style sheets again, which a module may not; the rest is refused below.
  quiet.allow(/connect-src|status of 400/)
  const person = await newPerson(request)
  await signIn(page, person)
  await page.goto(`/${person.org}`)
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Modules' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Modules' })).toBeVisible()
  await expect(page.getByRole('region', { name: 'In use' })).toHaveCount(0)
  const card = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'Demo' }) })
  await expect(card).toContainText('Says hello, and shows what the dashboard tells a module.')
  await expect(card.getByRole('list', { name: 'What it does' })).toHaveText('greetingstimeline')
  await check(page, 'catalogue')

  // Nothing of it is there before somebody has agreed.
  await page.goto(`/${person.org}/modules/demo`)
  await expect(page.getByRole('heading', { name: 'Demo is not enabled' })).toBeVisible()
  await expect(page.locator('iframe')).toHaveCount(0)
  await page.getByRole('link', { name: 'Modules' }).first().click()

  await card.getByRole('button', { name: 'Enable Demo' }).click()
  const dialog = page.getByRole('dialog', { name: 'Enable Demo?' })
  await expect(dialog.getByRole('list', { name: 'It asks for' }).getByRole('listitem')).toHaveText([
    'Let people see what Demo shows. demo:read',
    'Let people change things in Demo. demo:write',
    'Search and read the memory of your organisation. memory:read',
  ])
  await expect(dialog).toContainText('It reads from the memory and writes nothing to it.')
  await check(page, 'consent')
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await expect(dialog).toHaveCount(0)
  await expect(card.getByRole('button', { name: 'Enable Demo' })).toBeFocused()

  await page.keyboard.press('Enter')
  const consent = page.waitForResponse('**/api/v1/modules/demo/enable')
  await dialog.getByRole('button', { name: 'Agree and enable' }).click()
  expect((await (await consent).json()).permissions_accepted).toEqual(['demo:read', 'demo:write', 'memory:read'])
  await expect(page.getByText('Demo is enabled')).toBeVisible()
  await expect(page.getByRole('region', { name: 'In use' }).getByRole('heading', { name: 'Demo' })).toBeVisible()

  // The token of before has been renewed: its page is open, and its service answers.
  await card.getByRole('link', { name: 'Open Demo' }).click()
  const frame = page.frameLocator('iframe[title="Demo"]')
  await expect(frame.getByRole('heading', { name: 'A module says hello' })).toBeVisible()
  await frame.getByRole('button', { name: 'Ask its service' }).click()
  await expect(frame.getByRole('status')).toHaveText('The service answered 200: Hello, 3')

  await page.getByRole('link', { name: 'About this module' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Demo' })).toBeVisible()
  await expect(page.getByRole('list', { name: 'What it may do' })).toContainText('demo:read')
  const days = page.getByRole('textbox', { name: 'Days (optional)' })
  await days.fill('99')
  await page.getByRole('textbox', { name: 'Greeting' }).fill('Good day')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('99 is greater than the maximum of 30')).toBeVisible()
  await expect(days).toBeFocused()
  await check(page, 'settings with a mistake')
  await days.fill('12')
  await page.getByRole('combobox', { name: 'Tone (optional)' }).selectOption('brief')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('The settings are saved')).toBeVisible()
  const { access } = await (
    await request.post('/api/v1/auth/token', { data: { email: person.email, password: person.password } })
  ).json()
  const stored = await request.get('/api/v1/modules/demo/config', { headers: bearer(access) })
  const { config } = await stored.json()
  expect(config).toEqual({ greeting: 'Good day', days: 12, is_loud: false, tone: 'brief' })
  // At most ten seconds until it has been checked, and as many until the page asks again.
  await expect(page.getByRole('img', { name: /^The last (check|\d+ checks): / })).toBeVisible({ timeout: 40_000 })

  await page.getByRole('button', { name: 'Disable' }).click()
  const question = page.getByRole('dialog', { name: 'Disable Demo?' })
  await check(page, 'disabling')
  await question.getByRole('button', { name: 'Disable it' }).click()
  await expect(page.getByText('Demo is disabled')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Enable' })).toBeVisible()
  await expect(page.getByRole('textbox')).toHaveCount(0)
  await page.goto(`/${person.org}/modules/demo`)
  await expect(page.getByRole('heading', { name: 'Demo is not enabled' })).toBeVisible()
})
