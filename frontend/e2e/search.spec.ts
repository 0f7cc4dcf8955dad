import AxeBuilder from '@axe-core/playwright'
import { expect, newPerson, settle, signIn, test } from './platform'

const QUESTION = 'who ran the checkout test in March?'

test('the answer comes first, with its reason; the search is its address', async ({ page }) => {
  const org = await signIn(page)
  await page.goto(`/${org}/search`)
  await expect(page.getByRole('heading', { name: 'Ask, for example' })).toBeVisible()
  await page.keyboard.press('/')
  await expect(page.getByLabel('Your question')).toBeFocused()
  await page.keyboard.type(QUESTION)
  await page.keyboard.press('Enter')
  const results = page.getByRole('main').locator('ol > li')
  await expect(results.first()).toContainText('Run by Priya Raman')
  await expect(results.first()).toContainText('shares the words')
  await expect(results.first().locator('mark').first()).toBeVisible()
  await expect(page).toHaveURL(/q=who/)

  // Another way, a narrower one, and back.
  await page.getByText('Meaning', { exact: true }).first().click()
  await expect(page).toHaveURL(/by=neural/)
  await expect(results.first()).toContainText('Close in meaning')
  await page.goBack()
  await expect(page).not.toHaveURL(/by=/)
  await page.getByRole('button', { name: 'Type' }).first().click()
  await page.getByRole('menuitemcheckbox', { name: /Decision/ }).click()
  await page.keyboard.press('Escape')
  await expect(page).toHaveURL(/type=decision/)
  await expect(results.first()).toContainText('Decision')
  await page.reload()
  await expect(results.first()).toContainText('Decision')
})

test('a result opens beside the list, and keys go on from there', async ({ page }) => {
  const org = await signIn(page)
  await page.goto(`/${org}/search?q=${encodeURIComponent(QUESTION)}`)
  const rows = page.locator('[data-row]')
  await rows.first().click()
  await expect(page.getByRole('complementary', { name: 'Memory' })).toContainText('EXP-214')
  const second = await rows.nth(1).getAttribute('data-row')
  await page.keyboard.press('j')
  await expect(page).toHaveURL(new RegExp(`peek=${second}`))
  await page.keyboard.press('Escape')
  await expect(page.getByRole('complementary', { name: 'Memory' })).toHaveCount(0)
})

test('two ways are compared side by side', async ({ page }) => {
  const org = await signIn(page)
  await page.goto(`/${org}/search?q=${encodeURIComponent('why did churn rise after the redesign?')}&compare=neural`)
  await expect(page.getByRole('heading', { name: 'Everything' })).toBeVisible()
  await expect(page.getByRole('heading', { name: 'Meaning' })).toBeVisible()
  await expect(page.getByText('only here').first()).toBeVisible()
  await page.getByRole('button', { name: 'End the comparison' }).click()
  await expect(page.getByRole('heading', { name: 'Meaning' })).toHaveCount(0)
})

test('nothing found, and nothing to search yet', async ({ page, request }) => {
  const person = await newPerson(request)
  await signIn(page, person)
  await page.goto(`/${person.org}/search`)
  await expect(page.getByRole('heading', { name: 'There is nothing to search yet' })).toBeVisible()
  await page.getByLabel('Your question').fill('anything')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { name: 'Nothing was found' })).toBeVisible()
  await page.getByRole('button', { name: 'Try: Meaning' }).click()
  await expect(page).toHaveURL(/by=neural/)
})

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme })

    test('the search can be used by everybody', async ({ page }) => {
      const org = await signIn(page)
      for (const query of ['', `?q=${encodeURIComponent(QUESTION)}`, '?q=churn&compare=knowledge']) {
        await page.goto(`/${org}/search${query}`)
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
        await settle(page)
        const { violations } = await new AxeBuilder({ page }).analyze()
        expect(violations.map(({ id, nodes }) => `${query}: ${id}: ${nodes[0]?.html}`)).toEqual([])
      }
    })
  })
}
