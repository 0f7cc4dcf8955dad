import { expect, settle, signIn, test, watch } from './platform'

test('palette and keys lead everywhere, and keys can be switched off', async ({ page }) => {
  const org = await signIn(page)
  await page.goto(`/${org}`)
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible()
  await page.keyboard.press('ControlOrMeta+k')
  await page.getByRole('combobox', { name: 'Command or memory' }).fill('memor')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/memories$/)
  await expect(page.getByRole('dialog')).toHaveCount(0)

  await page.keyboard.press('ControlOrMeta+k')
  await page.getByRole('combobox', { name: 'Command or memory' }).fill('Warm Harbour 2026')
  await page
    .getByRole('option', { name: /^Warm Harbour 2026/ })
    .first()
    .click()
  await expect(page.getByRole('heading', { level: 1, name: /^Warm Harbour 2026/ })).toBeVisible()

  await page.keyboard.press('g')
  await page.keyboard.press('o')
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible()
  await page.keyboard.press('?')
  await page.getByRole('switch', { name: 'Shortcuts of single keys' }).click()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await page.keyboard.press('g')
  await page.keyboard.press('m')
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(page).toHaveURL(new RegExp(`/${org}$`))
})

test('theme and language are kept', async ({ page }) => {
  await signIn(page)
  await page.goto('/')
  await page.getByRole('button', { name: 'Account' }).click()
  await page.getByRole('menuitemradio', { name: 'Dark' }).click()
  await expect(page.locator('html')).toHaveClass(/dark/)
  await page.getByRole('button', { name: 'Account' }).click()
  await page.getByRole('menuitemradio', { name: 'Français' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Vue d’ensemble' })).toBeVisible()
  await page.reload()
  await expect(page.getByRole('heading', { level: 1, name: 'Vue d’ensemble' })).toBeVisible()
  await expect(page.locator('html')).toHaveClass(/dark/)
  await expect(page.locator('html')).toHaveAttribute('lang', 'fr')
})

test('without a connection a page says so, and a retry brings it', async ({ page, context, quiet }) => {
  quiet.allow(/ERR_INTERNET_DISCONNECTED/)
  const org = await signIn(page)
  await page.goto(`/${org}`)
  await expect(page.getByRole('link', { name: 'Memories: 320' })).toBeVisible()
  await page.waitForFunction(() => performance.getEntriesByType('resource').some(({ name }) => /key-sheet/.test(name)))
  await settle(page)
  await context.setOffline(true)
  await page.getByRole('radio', { name: '30 d' }).check({ force: true })
  await page.getByRole('radio', { name: '90 d' }).check({ force: true })
  const problem = page.getByRole('alert').filter({ hasText: 'Lift OS cannot be reached' })
  await expect(problem.first()).toBeVisible()
  await context.setOffline(false)
  await problem.first().getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('heading', { name: 'Memories over time' })).toBeVisible()

  // The programme of other pages has been loaded before it is needed.
  await context.setOffline(true)
  await page.getByRole('link', { name: 'Memories', exact: true }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Memories' })).toBeVisible()
  await expect(problem.first()).toBeVisible()
  await context.setOffline(false)
  await problem.first().getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByText('320 memories')).toBeVisible()
})

test('a part that a newer build has replaced: the page is loaded anew, once', async ({ page, quiet }) => {
  quiet.allow(/status of 404/)
  const org = await signIn(page)
  // What a tab that was opened before the new build asks for is not there any more.
  let isGone = true
  await page.route('**/static/app/assets/*memories.index*', (route) =>
    isGone ? route.continue({ url: route.request().url().replace('.js', '-gone.js') }) : route.continue(),
  )
  await page.goto(`/${org}`)
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible()
  // The page may be loaded anew at any moment: this looks again in the next document.
  await page.waitForFunction(() => sessionStorage.getItem('lift.reloaded')?.includes('memories.index'))
  isGone = false
  await page.getByRole('link', { name: 'Memories', exact: true }).click()
  await expect(page.getByText('320 memories')).toBeVisible()
})

test('on a phone nothing is cut off, and the navigation is a drawer', async ({ browser, baseURL }) => {
  const context = await browser.newContext({
    baseURL,
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    locale: 'en-GB',
  })
  watch(context)
  const page = await context.newPage()
  const org = await signIn(page)
  for (const path of ['/sign-up', `/${org}`, `/${org}/memories`]) {
    await page.goto(path)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    await settle(page)
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(beyond, path).toBeLessThanOrEqual(0)
  }
  await page.getByRole('button', { name: 'Open navigation' }).click()
  await page.getByRole('link', { name: 'Overview' }).click()
  await expect(page).toHaveURL(new RegExp(`/${org}$`))
  await expect(page.getByRole('link', { name: 'Memories', exact: true })).toBeHidden()
  await context.close()
})
