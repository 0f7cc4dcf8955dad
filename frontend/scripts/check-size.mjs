// Fails when the build has grown beyond its budgets: what every page loads, what each lazy part adds, all gzipped.
import { existsSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const ENTRY_KB = 140
const ROUTE_KB = 60
// WebGL and the layout come with the graph alone.
const LARGER = { 'features/graph/components/graph-canvas': 50 }

const dist = new URL('../dist/', import.meta.url)
const manifestFile = new URL('.vite/manifest.json', dist)
if (!existsSync(manifestFile)) {
  console.error('There is no build to measure: run `npm run build` first.')
  process.exit(1)
}
const manifest = JSON.parse(readFileSync(manifestFile, 'utf8'))

const sizes = new Map()
function kilobytes(file) {
  if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length / 1024)
  return sizes.get(file)
}
function filesOf(key, seen = new Set()) {
  if (seen.has(key)) return seen
  seen.add(key)
  for (const next of manifest[key].imports ?? []) filesOf(next, seen)
  return seen
}
const sum = (keys) => [...keys].reduce((total, key) => total + kilobytes(manifest[key].file), 0)

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry)
const always = filesOf(entry)
// The pages of an organisation come after their frame.
const frame = filesOf(Object.keys(manifest).find((key) => key.startsWith('src/routes/$org.tsx?')))
const rows = [['entry', sum(always), ENTRY_KB]]
for (const [key, chunk] of Object.entries(manifest)) {
  if (!chunk.isDynamicEntry) continue
  const isInFrame = key.startsWith('src/routes/$org.') && !key.startsWith('src/routes/$org.tsx')
  const added = [...filesOf(key)].filter((file) => !always.has(file) && !(isInFrame && frame.has(file)))
  const budget = Object.entries(LARGER).find(([part]) => key.includes(part))?.[1] ?? ROUTE_KB
  rows.push([key.replace(/^src\//, ''), sum(added), budget])
}
rows.sort((a, b) => b[1] - a[1])
for (const [name, size, budget] of rows) {
  console.log(`${size > budget ? 'TOO LARGE' : 'ok'.padEnd(9)} ${size.toFixed(1).padStart(6)} of ${budget} KB  ${name}`)
}
if (rows.some(([, size, budget]) => size > budget)) process.exit(1)
