import { expect, newPerson, signIn, test } from './platform'

const PAGES = [
  '',
  '/search?q=tea',
  '/memories',
  '/graph',
  '/map',
  '/concepts',
  '/import',
  '/modules',
  '/settings/memory',
  '/welcome',
]

test('on every page a server that is gone is said, and asking again helps', async ({ page, request, quiet }) => {
  test.setTimeout(180_000)
  quiet.allow(/ERR_FAILED|ERR_CONNECTION|Failed to load/)
  const person = await newPerson(request)
  await signIn(page, person)
  await request.post('/api/v1/memory/store', {
    data: { content: 'The harbour shop sold more green tea than black tea.' },
    headers: { Authorization: `Bearer ${person.access}` },
  })
  for (const path of PAGES) {
    // The page itself is there, and so is the session; then nothing answers any more.
    let isUnplugged = true
    await page.route(/\/api\/v1\/(memory|modules)/, (route) => (isUnplugged ? route.abort('failed') : route.continue()))
    await page.goto(`/${person.org}${path}`)
    const alert = page.getByRole('alert').filter({ hasText: 'Lift OS cannot be reached' }).first()
    await expect(alert, path).toBeVisible({ timeout: 20_000 })
    await expect(page.getByRole('navigation', { name: 'Pages', exact: true })).toBeVisible()
    isUnplugged = false
    await alert.getByRole('button', { name: 'Try again' }).click()
    await expect(alert, path).toHaveCount(0, { timeout: 20_000 })
    await page.unroute(/\/api\/v1\/(memory|modules)/)
  }
})
