import { check } from './axe'
import { expect, newPerson, settle, signIn, test } from './platform'

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme })

    test('before signing in', async ({ page, quiet }) => {
      quiet.allow(/status of 401/)
      await page.goto('/sign-in')
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
      await expect(page.getByText('Enter your password.')).toBeVisible()
      await check(page, 'sign-in')
      await page.goto('/sign-up')
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      await check(page, 'sign-up')
    })

    test('pages with memories', async ({ page }) => {
      test.setTimeout(180_000)
      const org = await signIn(page)
      await page.goto(`/${org}`)
      await expect(page.getByRole('heading', { name: 'Memories over time' })).toBeVisible()
      await settle(page)
      await check(page, 'overview')
      await page.goto(`/${org}/memories?type=decision`)
      await page
        .getByRole('checkbox', { name: /^Select:/ })
        .first()
        .check()
      await page.locator('[data-row]').nth(1).click()
      await expect(page.getByRole('complementary', { name: 'Memory' })).toContainText('Occurred')
      await check(page, 'memories with one beside')
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: 'Source' }).first().click()
      await expect(page.getByRole('menuitemcheckbox').first()).toBeVisible()
      // An open menu lies outside of the landmarks, as every menu of its kind.
      await check(page, 'menu', ['region'])
      await page.keyboard.press('Escape')
      await page.locator('[data-row]').first().click()
      await page.getByRole('link', { name: 'Open the whole page' }).click()
      await expect(page.getByRole('heading', { name: 'History' })).toBeVisible()
      await settle(page)
      await check(page, 'memory')
      await page.keyboard.press('ControlOrMeta+k')
      await expect(page.getByRole('option').first()).toBeVisible()
      await check(page, 'palette')
      await page.keyboard.press('Escape')
      await page.keyboard.press('?')
      await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible()
      await check(page, 'keys')
    })

    test('graph, map, concepts and modules', async ({ page, quiet }) => {
      test.setTimeout(180_000)
      // The check itself reads style sheets again, which a module may not.
      quiet.allow(/connect-src/)
      const org = await signIn(page)
      await page.goto(`/${org}/graph`)
      await expect(page.getByRole('table', { name: 'Names in the graph' })).toBeVisible()
      await expect(page.locator('[data-graph]')).toHaveAttribute('data-names', /./)
      await check(page, 'graph')
      await page.getByRole('combobox', { name: 'Find a name' }).fill('ma')
      await expect(page.getByRole('option').first()).toBeVisible()
      // While its list is open, the box hides the rest of the page from readers; the focus cannot go there.
      await check(page, 'entities', ['region', 'aria-hidden-focus', 'page-has-heading-one'])
      await page.getByRole('option').first().click()
      await page.locator('tbody').getByRole('button').first().click()
      await expect(page.getByRole('heading', { name: 'Memories behind it' })).toBeVisible()
      await settle(page)
      await check(page, 'entity')
      await page.goto(`/${org}/graph?from=Marcus Oyelaran&to=Meta`)
      await expect(page.getByRole('heading', { name: 'Joined in 1 step' })).toBeVisible()
      await settle(page)
      await check(page, 'path')
      for (const path of ['map', 'map?cluster=0', 'concepts', 'concepts?dimension=loyalty']) {
        await page.goto(`/${org}/${path}`)
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
        await settle(page)
        await check(page, path)
      }
      for (const path of ['modules', 'modules/demo/about']) {
        await page.goto(`/${org}/${path}`)
        await expect(page.getByRole('heading', { level: 2 }).first()).toBeVisible()
        await settle(page)
        await check(page, path)
      }
      await page.goto(`/${org}/modules/demo`)
      await expect(page.frameLocator('iframe').getByRole('heading')).toBeVisible()
      await check(page, 'module')
    })

    test('pages without memories', async ({ page, request }) => {
      const person = await newPerson(request)
      await signIn(page, person)
      for (const path of ['', '/memories', '/memories?q=nothing', '/memories?state=trash']) {
        await page.goto(`/${person.org}${path}`)
        await expect(page.locator('#main h2')).toBeVisible()
        await check(page, path)
      }
      await page.goto('/somebody-else')
      await expect(page.getByText('There is nothing here').first()).toBeAttached()
      await check(page, 'not found')
    })
  })
}
