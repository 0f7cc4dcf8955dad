import { chromium } from '@playwright/test'
const base = 'http://localhost:8461'
const only = process.argv[2]
const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
const seen = []
async function session(name, opts, run) {
  const ctx = await b.newContext({ baseURL: base, ...opts })
  const p = await ctx.newPage()
  p.on('console', (m) => m.type() === 'error' && seen.push(name + ': ' + m.text()))
  p.on('pageerror', (e) => seen.push(name + ' PAGEERROR: ' + e))
  await p.goto('/sign-in')
  await p.getByLabel('E-mail').waitFor()
  await p.waitForTimeout(300)
  await p.screenshot({ path: `/tmp/b-shots/${name}-sign-in.png` })
  await p.getByLabel('E-mail').fill('demo@northwind.example')
  await p.getByLabel('Password', { exact: true }).fill('demo-front-end-1')
  await p.getByRole('button', { name: 'Sign in' }).click()
  await p.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  await p.waitForTimeout(1500)
  await p.screenshot({ path: `/tmp/b-shots/${name}-overview.png`, fullPage: true })
  await run(p, name)
  await ctx.close()
}
const pages = async (p, name) => {
  const org = new URL(p.url()).pathname.split('/')[1]
  await p.goto(`/${org}/memories`)
  await p.locator('[data-row]').first().waitFor()
  await p.waitForTimeout(500)
  await p.screenshot({ path: `/tmp/b-shots/${name}-memories.png` })
  await p.locator('[data-row]').nth(1).click()
  await p.getByRole('complementary').waitFor()
  await p.waitForTimeout(500)
  await p.screenshot({ path: `/tmp/b-shots/${name}-peek.png` })
  await p.getByRole('link', { name: 'Open the whole page' }).click()
  await p.getByText('History').waitFor()
  await p.waitForTimeout(800)
  await p.screenshot({ path: `/tmp/b-shots/${name}-memory.png`, fullPage: true })
  if (name !== 'phone') {
    await p.keyboard.press('Control+k')
    await p.getByRole('combobox').fill('the')
    await p.waitForTimeout(800)
    await p.screenshot({ path: `/tmp/b-shots/${name}-palette.png` })
    await p.keyboard.press('Escape')
    await p.waitForTimeout(300)
    await p.keyboard.press('?')
    await p.waitForTimeout(500)
    await p.screenshot({ path: `/tmp/b-shots/${name}-keys.png` })
    await p.keyboard.press('Escape')
    await p.getByRole('button', { name: 'Account' }).click()
    await p.waitForTimeout(300)
    await p.screenshot({ path: `/tmp/b-shots/${name}-account.png` })
  } else {
    await p.getByRole('button', { name: 'Open navigation' }).click()
    await p.waitForTimeout(300)
    await p.screenshot({ path: `/tmp/b-shots/${name}-nav.png` })
  }
}
const v = { viewport: { width: 1440, height: 900 } }
if (!only || only === 'light') await session('light', { ...v, colorScheme: 'light' }, pages)
if (!only || only === 'dark') await session('dark', { ...v, colorScheme: 'dark' }, pages)
if (!only || only === 'phone') await session('phone', { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }, pages)
await b.close()
console.log([...new Set(seen)].join('\n') || 'quiet')
