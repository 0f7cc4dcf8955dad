import { PASSWORD } from './people'
import { expect, test } from './platform'

const MINUTES = 60_000

function note(name: string, text: string) {
  return { name, mimeType: 'text/markdown', buffer: Buffer.from(text) }
}

const FILES = [
  note(
    'pricing.md',
    'Pricing test, spring. Nadia Brandt lowered the price of the tea subscription from 24 to 21 euros for new customers in Germany. Sign-ups rose by 14 percent.',
  ),
  note(
    'incident.txt',
    'Incident 7. For four hours the checkout took no cards, because a certificate of the payment provider had run out. Ines Duarte set up a warning.',
  ),
  note(
    'boxes.jsonl',
    [
      { content: 'The tasting box sold 2,140 times in its first month; the tin is what people photograph.' },
      { content: 'Support says that people who live alone ask for smaller parcels.' },
    ]
      .map((row) => JSON.stringify(row))
      .join('\n'),
  ),
]

test('from signing up to a right answer, its reason, a deletion and its undoing', async ({ page }) => {
  test.setTimeout(3 * MINUTES)
  const began = Date.now()
  await page.goto('/sign-up')
  await page.getByLabel('Organisation').fill('Lighthouse Tea')
  await page.getByLabel('E-mail').fill(`new-${crypto.randomUUID()}@example.com`)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Create account' }).click()

  await expect(page.getByRole('heading', { name: 'Welcome, Lighthouse Tea' })).toBeVisible()
  await page.getByRole('radio', { name: /Retail/ }).check()
  await page.getByRole('button', { name: 'Go on' }).click()

  await expect(page.getByRole('heading', { name: 'Bring something in' })).toBeVisible()
  await page.getByLabel('Choose files').setInputFiles(FILES)
  for (const { name } of FILES) await expect(page.getByRole('button', { name })).toBeVisible()
  await page.getByRole('button', { name: 'Go on' }).click()

  await expect(page.getByRole('listitem').filter({ hasText: 'boxes.jsonl' })).toContainText('2 memories')
  await page.getByRole('button', { name: 'Ask the first question' }).click()

  await page.getByLabel('Your question').fill('why did the checkout refuse cards?')
  await page.keyboard.press('Enter')
  const first = page.getByRole('main').getByRole('listitem').filter({ hasText: 'Score' }).first()
  await expect(first).toContainText('a certificate of the payment provider had run out')
  // Why it is first, in words, and as a sum that adds up.
  await expect(first).toContainText('shares the words')
  const lines = await first.locator('tbody tr td:last-child').allTextContents()
  const sum = await first.locator('tfoot td').textContent()
  expect(lines.length).toBeGreaterThan(1)
  expect(Math.abs(lines.reduce((total, line) => total + Number(line), 0) - Number(sum))).toBeLessThan(0.004)

  await first.getByRole('button', { name: /certificate/ }).click()
  await expect(page.getByRole('heading', { name: 'History' })).toBeVisible()
  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(page.getByText('Undone for 1 memory')).toBeVisible()
  await page.getByRole('link', { name: 'Search', exact: true }).click()
  await page.getByLabel('Your question').fill('why did the checkout refuse cards?')
  await page.keyboard.press('Enter')
  await expect(page.getByText('a certificate of the payment provider had run out').first()).toBeVisible()
  const took = Date.now() - began
  test.info().annotations.push({ type: 'took', description: `${Math.round(took / 1000)} s` })
  expect(took).toBeLessThan(3 * MINUTES)
})
