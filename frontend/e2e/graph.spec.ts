import type { Page } from '@playwright/test'
import { expect, newPerson, settle, signIn, test, watch } from './platform'

const facts = (page: Page) => page.getByRole('region', { name: 'What the graph shows' }).first()

test('the graph is explored: focus, details, path, and Back undoes', async ({ page }) => {
  const org = await signIn(page)
  await page.goto(`/${org}/graph`)
  await expect(page.getByText(/^\d+ names, [\d,]+ links$/)).toBeVisible()
  await expect(page.locator('[data-graph]')).toHaveAttribute('data-nodes', /^[1-9]\d+$/)
  await expect(page.locator('[data-graph]')).toHaveAttribute('data-names', /^[1-9]\d*$/)

  await page.getByRole('combobox', { name: 'Find a name' }).fill('marcus oye')
  await page.getByRole('option', { name: /^Marcus Oyelaran/ }).waitFor()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/entity=/)
  await expect(page.getByRole('combobox', { name: 'Find a name' })).toHaveValue('Marcus Oyelaran')
  const count = page.getByText(/^\d+ names/)
  await expect(page.getByRole('radio', { name: '1 step' })).toBeChecked()
  const near = await count.textContent()
  await page.getByRole('radio', { name: '2 steps' }).check({ force: true })
  await expect(page).toHaveURL(/depth=2/)
  await expect(count).not.toHaveText(near ?? '')

  await facts(page).getByRole('button', { name: 'Meta', exact: true }).click()
  await expect(facts(page).getByRole('heading', { name: 'Meta' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Back to the list' })).toBeFocused()
  await facts(page)
    .getByRole('button', { name: /^mentioned with/ })
    .first()
    .click()
  await expect(facts(page).getByText('The latest memories that say so')).toBeVisible()
  await expect(facts(page).getByRole('link').first()).toHaveAttribute('href', /\/memories\/[0-9a-f-]{36}$/)
  await page.getByRole('button', { name: 'Back to the list' }).click()

  await page.getByRole('combobox', { name: 'Path to…' }).fill('UK')
  await page.getByRole('option', { name: /^UK/ }).first().click()
  await expect(page).toHaveURL(/from=.+&to=/)
  await expect(facts(page).getByRole('heading', { name: /^Joined in \d steps?$/ })).toBeVisible()
  await expect(facts(page).getByRole('link').first()).toBeVisible()
  await page.goBack()
  await expect(page).toHaveURL(/depth=2/)
})

test('a link is touched in the picture', async ({ page }) => {
  const org = await signIn(page)
  await page.goto(`/${org}/graph?from=Marcus Oyelaran&to=Meta`)
  const picture = page.locator('[data-graph]')
  await expect(picture).toHaveAttribute('data-nodes', '2')
  // The layout comes to rest first.
  await page.waitForTimeout(3000)
  const box = await picture.boundingBox()
  if (!box) throw new Error('There is no picture.')
  const x = box.x + box.width / 2
  for (let y = box.y + 50; y < box.y + box.height - 50; y += 1) {
    await page.mouse.move(x, y)
    if (await picture.evaluate((element) => element.style.cursor)) {
      await page.mouse.click(x, y)
      break
    }
  }
  await expect(page.getByRole('heading', { name: 'The latest memories that say so' })).toBeVisible()
})

test('the graph goes through time', async ({ page }) => {
  const org = await signIn(page)
  await page.goto(`/${org}/graph`)
  const count = page.getByText(/^\d+ names/)
  const all = (await count.textContent()) ?? ''
  const slider = page.getByRole('slider', { name: 'Until when' })
  await slider.focus()
  await page.keyboard.press('Home')
  await expect(page).toHaveURL(/until=/)
  await expect(count).not.toHaveText(all)
  const early = (await count.textContent()) ?? ''
  await page.getByRole('button', { name: 'Play through time' }).click()
  await expect(count).not.toHaveText(early)
  await page.getByRole('button', { name: 'Pause' }).click()
  await slider.focus()
  await page.keyboard.press('End')
  await expect(page).not.toHaveURL(/until=/)
  await expect(count).toHaveText(all)
})

test('names that nobody knows, and kinds without names, are said', async ({ page, quiet }) => {
  quiet.allow(/status of 404/)
  const org = await signIn(page)
  await page.goto(`/${org}/graph?entity=Nobody`)
  await expect(page.getByRole('heading', { name: 'No memory names this' })).toBeVisible()
  await page.getByRole('button', { name: 'Show the whole graph' }).click()
  await expect(page.getByText(/^\d+ names/)).toBeVisible()
  await page.goto(`/${org}/graph?kind=email`)
  await expect(page.getByRole('heading', { name: 'Nothing of this kind and time' })).toBeVisible()
})

test('without WebGL the list says the same', async ({ page, quiet }) => {
  quiet.allow(/WebGL/)
  await page.addInitScript(() => {
    const getContext = HTMLCanvasElement.prototype.getContext
    HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, kind: string, ...rest: unknown[]) {
      return kind.includes('webgl') ? null : Reflect.apply(getContext, this, [kind, ...rest])
    } as typeof getContext
  })
  const org = await signIn(page)
  await page.goto(`/${org}/graph`)
  await expect(page.getByRole('heading', { name: 'This browser cannot draw the graph' })).toBeVisible()
  await expect(page.getByRole('table', { name: 'Names in the graph' }).getByRole('row')).toHaveCount(101)
})

test('the first thing to do is said where there is no graph, no map and nothing to place', async ({
  page,
  request,
}) => {
  const person = await newPerson(request)
  await signIn(page, person)
  for (const path of ['graph', 'map', 'concepts']) {
    await page.goto(`/${person.org}/${path}`)
    await expect(page.getByRole('heading', { level: 2 })).toBeVisible()
    await expect(page.getByRole('alert')).toHaveCount(0)
  }
})

test('five hundred names stay fluid', async ({ page }) => {
  const org = await signIn(page)
  await page.route('**/api/v1/memory/graph?*', (route) => route.fulfill({ json: largeGraph(500, 1500) }))
  await page.goto(`/${org}/graph`)
  const picture = page.locator('[data-graph]')
  await expect(picture).toHaveAttribute('data-nodes', '500')
  // The layout comes to rest first.
  await page.waitForTimeout(3000)
  const times = await frameTimes(page, picture)
  console.log(`graph of 500 names and 1500 links: ${times.text}`)
  expect(times.median).toBeLessThan(100)
})

function largeGraph(names: number, links: number) {
  const id = (number: number) => `01900000-0000-7000-8000-${String(number).padStart(12, '0')}`
  return {
    nodes: Array.from({ length: names }, (_, number) => ({
      id: id(number),
      name: `Name ${number}`,
      kind: ['name', 'identifier', 'acronym', 'quoted'][number % 4],
      mentions: 1 + (number % 40),
      memories: 1 + (number % 40),
    })),
    edges: Array.from({ length: links }, (_, number) => ({
      source: id(number % names),
      target: id((number * 7 + 13 + Math.floor(number / names)) % names),
      kind: number % 50 ? 'mentioned_with' : 'leads',
      weight: 1 + (number % 9),
      memory_ids: [],
    })).filter(({ source, target }) => source !== target),
  }
}

test('twelve thousand points stay fluid, and are found under the pointer', async ({ page }) => {
  const org = await signIn(page)
  await page.route('**/api/v1/memory/map', async (route) => {
    const map = await (await route.fetch()).json()
    await route.fulfill({ json: largeMap(map.memory_id) })
  })
  await page.goto(`/${org}/map`)
  await expect(page.getByText('12,000 memories, near each other')).toBeVisible()
  const picture = page.getByRole('img', { name: /^The memories as points/ })
  await expect(picture).toHaveAttribute('data-draw-ms', /./)
  const times = await frameTimes(page, picture)
  const drawn = await picture.getAttribute('data-draw-ms')
  console.log(`map of 12,000 points: ${times.text}; the last one was drawn in ${drawn} ms`)
  expect(times.median).toBeLessThan(100)
  await page.getByRole('button', { name: 'Show all' }).click()

  await page.getByRole('list', { name: 'Groups of like meaning' }).getByRole('button').nth(2).click()
  await expect(page).toHaveURL(/cluster=2/)
  await expect(page.getByRole('button', { name: 'Show 10 more' })).toBeVisible()
  await page.getByRole('button', { name: 'All groups' }).click()
  await expect(page).not.toHaveURL(/cluster/)

  const box = await picture.boundingBox()
  if (!box) throw new Error('There is no map.')
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
  await page.getByRole('button', { name: 'Draw around memories' }).click()
  await page.mouse.move(middle.x - 60, middle.y - 60)
  await page.mouse.down()
  for (const [x, y] of [
    [60, -60],
    [60, 60],
    [-60, 60],
  ] as const) {
    await page.mouse.move(middle.x + x, middle.y + y, { steps: 5 })
  }
  await page.mouse.up()
  await expect(page.getByRole('heading', { name: 'What you drew around' })).toBeVisible()
  await expect(page.getByText(/^[\d,]+ memories$/)).toBeVisible()
})

/** Points in fourteen groups; the ids are those of memories that exist. */
function largeMap(ids: string[]) {
  const places = Array.from({ length: 12_000 }, (_, number) => {
    const group = number % 14
    const angle = number * 2.399963
    const away = 0.18 * Math.sqrt((number % 857) / 857)
    return {
      x: 0.7 * Math.cos(group) + away * Math.cos(angle),
      y: 0.7 * Math.sin(group * 1.7) + away * Math.sin(angle),
      group,
    }
  })
  return {
    x: places.map(({ x }) => x),
    y: places.map(({ y }) => y),
    cluster: places.map(({ group }) => group),
    memory_id: places.map((_, number) => ids[number % ids.length]),
    clusters: Array.from({ length: 14 }, (_, id) => ({ id, label: `Group ${id + 1}`, size: 857 })),
    total: 12_000,
    change: 1,
    pending: false,
  }
}

/** How long frames take while somebody zooms and pans. */
async function frameTimes(page: Page, picture: ReturnType<Page['locator']>) {
  const box = await picture.boundingBox()
  if (!box) throw new Error('There is no picture.')
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  await page.evaluate(() => {
    const times: number[] = []
    let last = performance.now()
    const measure = () => {
      const now = performance.now()
      times.push(now - last)
      last = now
      requestAnimationFrame(measure)
    }
    requestAnimationFrame(measure)
    Object.assign(window, { frameTimes: times })
  })
  for (let round = 0; round < 12; round++) await page.mouse.wheel(0, round < 6 ? -60 : 60)
  await page.mouse.down()
  for (let step = 0; step < 20; step++) await page.mouse.move(box.x + box.width / 2 + step * 6, box.y + box.height / 2)
  await page.mouse.up()
  const times = await page.evaluate(() => (window as unknown as { frameTimes: number[] }).frameTimes.slice(1))
  times.sort((one, other) => one - other)
  const at = (share: number) => times[Math.floor(times.length * share)] ?? Number.POSITIVE_INFINITY
  return {
    median: at(0.5),
    text: `${times.length} frames, half within ${at(0.5).toFixed(1)} ms, 95 of 100 within ${at(0.95).toFixed(1)} ms`,
  }
}

test('the map says what it needs, leads to memories, and a group is an address', async ({ page, request, quiet }) => {
  quiet.allow(/status of 404/)
  const org = await signIn(page)
  await page.goto(`/${org}/map`)
  const groups = page.getByRole('list', { name: 'Groups of like meaning' })
  await groups.getByRole('button').first().focus()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/cluster=0/)
  await expect(page.getByRole('button', { name: 'All groups' })).toBeFocused()
  await expect(page.getByRole('heading', { name: 'Typical of it' })).toBeVisible()
  await page.reload()
  await page.getByRole('region').getByRole('listitem').getByRole('link').first().click()
  await expect(page).toHaveURL(/\/memories\/[0-9a-f-]{36}$/)
  await page.goBack()
  await page.getByRole('link', { name: 'Open in the list' }).click()
  await expect(page).toHaveURL(/\/memories\?cluster=0$/)

  const person = await newPerson(request)
  await request.post('/api/v1/memory/store', {
    data: { content: 'The first of fifty.' },
    headers: { Authorization: `Bearer ${person.access}` },
  })
  await page.context().clearCookies()
  await signIn(page, person)
  await page.goto(`/${person.org}/map`)
  await expect(page.getByText('49 more are needed')).toBeVisible()
})

test('concepts: where memories stand, and the sentences that put them there', async ({ page }) => {
  const org = await signIn(page)
  await page.goto(`/${org}/concepts`)
  await expect(page.getByRole('heading', { name: 'Where the latest 24 memories stand' })).toBeVisible()
  await expect(page.getByText(/on average, from/)).toHaveCount(8)
  await page.getByRole('link', { name: 'Loyalty' }).click()
  await expect(page).toHaveURL(/dimension=loyalty/)
  await expect(page.getByRole('region', { name: 'Loyalty' }).getByRole('listitem').first()).toContainText('“')
  await page.getByRole('link', { name: /^Marcus Oyelaran/ }).click()
  await expect(page).toHaveURL(/concept=.+dimension=loyalty/)
  await expect(page.getByRole('heading', { name: 'Where memories about Marcus Oyelaran stand' })).toBeVisible()
  await expect(page.getByRole('link', { name: 'In the graph' })).toHaveAttribute('href', /\/graph\?entity=/)
  await page.getByRole('region', { name: 'Loyalty' }).getByRole('link').nth(1).click()
  await expect(page).toHaveURL(/\/memories\/[0-9a-f-]{36}$/)
  await expect(page.getByRole('heading', { name: 'Concepts' })).toBeVisible()
  await expect(page.getByText('Pulls it', { exact: false }).first()).toBeAttached()
})

test('these pages fit a phone, where the list stands for the graph', async ({ browser, baseURL }) => {
  const context = await browser.newContext({ baseURL, viewport: { width: 390, height: 844 }, hasTouch: true })
  watch(context)
  const page = await context.newPage()
  const org = await signIn(page)
  for (const path of [
    'graph',
    'graph?entity=Meta',
    'map',
    'map?cluster=0',
    'concepts',
    'concepts?dimension=loyalty',
    'modules',
    'modules/demo',
    'modules/demo/about',
  ]) {
    await page.goto(`/${org}/${path}`)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    await settle(page)
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(beyond, path).toBeLessThanOrEqual(0)
  }
  await page.goto(`/${org}/graph`)
  await expect(page.getByRole('table', { name: 'Names in the graph' })).toBeVisible()
  await expect(page.locator('[data-graph]')).toBeHidden()
  await context.close()
})
