import AxeBuilder from '@axe-core/playwright'
import { expect, newPerson, signIn, test } from './platform'

const LINES = Array.from({ length: 400 }, (_, number) => ({
  content: `Batch note ${number}: the harbour shop tried offer ${number} on tea and sold ${number + 3} boxes.`,
  memory_type: 'experiment',
}))

function file(name: string, text: string) {
  return { name, mimeType: 'text/plain', buffer: Buffer.from(text) }
}

const jsonl = (rows: unknown[]) => rows.map((row) => JSON.stringify(row)).join('\n')

test('files are brought in with live progress, which goes on after a reload; what failed says why', async ({
  page,
  request,
}) => {
  const person = await newPerson(request)
  await signIn(page, person)
  await page.goto(`/${person.org}/import`)
  const chooser = page.getByLabel('Choose files')
  await chooser.setInputFiles([file('big.jsonl', jsonl(LINES)), file('picture.png', 'x')])
  await expect(page.getByText('Files of this kind cannot be read yet.')).toBeVisible()
  await expect(page.getByRole('button', { name: 'big.jsonl' })).toBeVisible()
  await page.reload()
  const big = page.getByRole('listitem').filter({ hasText: 'big.jsonl' })
  await expect(big.getByText('400 memories')).toBeVisible({ timeout: 60_000 })
  await expect(page.getByText('Files of this kind cannot be read yet.')).toHaveCount(0)

  // Two files at once are stored side by side; what this one repeats is there already.
  const text = `${jsonl(LINES.slice(0, 1))}\nnot json\n${JSON.stringify({ content: '' })}`
  await chooser.setInputFiles([file('broken.jsonl', text)])
  const broken = page.getByRole('listitem').filter({ hasText: 'broken.jsonl' })
  await expect(broken.getByText('1 memory · 2 failed')).toBeVisible({ timeout: 30_000 })
  await broken.getByRole('button', { name: 'broken.jsonl' }).click()
  await expect(broken.getByRole('heading', { name: 'Not stored' })).toBeVisible()
  await expect(broken.getByText('Text 2')).toBeVisible()
  // The one that is good was in the other file as well.
  await expect(broken.getByText('is the same as')).toBeVisible()
  await broken.getByRole('link', { name: 'one known before' }).click()
  await expect(page.getByText('Batch note 0:').first()).toBeVisible()
})

test('files can be dropped, and a batch can be cancelled', async ({ page, request }) => {
  const person = await newPerson(request)
  await signIn(page, person)
  await page.goto(`/${person.org}/import`)
  const text = jsonl(Array.from({ length: 5_000 }, (_, number) => ({ content: `Row ${number} of the ship’s log.` })))
  const dropped = await page.evaluateHandle((content) => {
    const data = new DataTransfer()
    data.items.add(new File([content], 'log.jsonl', { type: 'text/plain' }))
    return data
  }, text)
  const zone = page.getByText('Drop documents here').locator('..')
  await zone.dispatchEvent('dragenter', { dataTransfer: dropped })
  await expect(page.getByText('Let go to bring them in')).toBeVisible()
  await page.getByText('Let go to bring them in').locator('..').dispatchEvent('drop', { dataTransfer: dropped })
  await page.getByRole('button', { name: 'Cancel' }).click()
  // Whether its file has been read by then depends on the machine.
  const ended =
    /^(Stopped before the file was read|Cancelled: [\d,]+ of 5,000 were stored and stay|Stopped while the file was read: [\d,]+ texts? (is|are) waiting)$/
  await expect(page.getByText(ended)).toBeVisible({ timeout: 45_000 })
  await expect(page.getByRole('button', { name: 'Try the rest again' })).toBeVisible()
})

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme })

    test('the page can be used by everybody', async ({ page, request }) => {
      const person = await newPerson(request)
      await signIn(page, person)
      await page.goto(`/${person.org}/import`)
      await page
        .getByLabel('Choose files')
        .setInputFiles([file('broken.jsonl', `{"content": "The tea is cold."}\nnot json`), file('picture.png', 'x')])
      await page.getByRole('button', { name: 'broken.jsonl' }).click()
      await expect(page.getByRole('heading', { name: 'Not stored' })).toBeVisible()
      const { violations } = await new AxeBuilder({ page }).analyze()
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
    })
  })
}
