import AxeBuilder from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** Fails for what a page, as it stands now, keeps from people who do not see or point. */
export async function check(page: Page, where: string, without: string[] = []) {
  // What fades in has less contrast until it is there.
  await page.evaluate(() => {
    // What turns while one waits never ends.
    const ending = document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime !== Infinity)
    return Promise.all(ending.map((one) => one.finished.catch(() => {})))
  })
  const { violations } = await new AxeBuilder({ page }).withTags(RULES).disableRules(without).analyze()
  const found = violations.map(
    ({ id, nodes }) => `${where}: ${id}: ${nodes.map((node) => node.html.slice(0, 200)).join(' | ')}`,
  )
  expect(found).toEqual([])
}
