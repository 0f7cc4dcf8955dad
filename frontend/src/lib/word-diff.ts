export type DiffPiece = { text: string; kind: 'same' | 'gone' | 'new' }

// Beyond this many pairs of words comparing takes longer than one waits; the middle is then told as replaced.
const MOST_PAIRS = 4_000_000

/** What makes one text out of the other: words that stayed, went and came, in their order. */
export function wordDiff(before: string, after: string): DiffPiece[] {
  const old = wordsOf(before)
  const now = wordsOf(after)
  let start = 0
  while (start < old.length && start < now.length && old[start] === now[start]) start++
  let end = 0
  while (end < old.length - start && end < now.length - start && old.at(-1 - end) === now.at(-1 - end)) end++
  return joined([
    ...old.slice(0, start).map((text): DiffPiece => ({ text, kind: 'same' })),
    ...middle(old.slice(start, old.length - end), now.slice(start, now.length - end)),
    ...old.slice(old.length - end).map((text): DiffPiece => ({ text, kind: 'same' })),
  ])
}

/** Words, each with the space behind it. */
function wordsOf(text: string): string[] {
  return text.match(/^\s+|\S+\s*/g) ?? []
}

/** By the longest sequence of words that both have. */
function middle(old: string[], now: string[]): DiffPiece[] {
  if (old.length * now.length > MOST_PAIRS) {
    return [
      { text: old.join(''), kind: 'gone' },
      { text: now.join(''), kind: 'new' },
    ]
  }
  const width = now.length + 1
  const longest = new Uint32Array((old.length + 1) * width)
  const at = (row: number, column: number) => longest[row * width + column] ?? 0
  for (let row = old.length - 1; row >= 0; row--) {
    for (let column = now.length - 1; column >= 0; column--) {
      longest[row * width + column] =
        old[row] === now[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1))
    }
  }
  const pieces: DiffPiece[] = []
  let row = 0
  let column = 0
  while (row < old.length || column < now.length) {
    if (row < old.length && column < now.length && old[row] === now[column]) {
      pieces.push({ text: old[row++] ?? '', kind: 'same' })
      column++
    } else if (row < old.length && (column === now.length || at(row + 1, column) >= at(row, column + 1))) {
      pieces.push({ text: old[row++] ?? '', kind: 'gone' })
    } else {
      pieces.push({ text: now[column++] ?? '', kind: 'new' })
    }
  }
  return pieces
}

function joined(pieces: DiffPiece[]): DiffPiece[] {
  const found: DiffPiece[] = []
  for (const { text, kind } of pieces) {
    const last = found.at(-1)
    if (last?.kind === kind) last.text += text
    else if (text) found.push({ text, kind })
  }
  return found
}
