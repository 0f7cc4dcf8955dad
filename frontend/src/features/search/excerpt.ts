import type { Result } from './queries'

export type Piece = { text: string; isMarked: boolean }
const LONGEST = 420
// Where a passage is cut, so much of it stands before the first word that is marked.
const LEAD = 80
const WORD = /[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu

/** The passage that answers best, cut to what can be read at a glance, with the words that it shares with the question. */
export function excerptOf({ content, spans, why }: Pick<Result, 'content' | 'spans' | 'why'>): Piece[] {
  const [span] = spans
  const start = span?.start ?? 0
  const passage = content.slice(start, span?.end ?? content.length).trim()
  const isShared = matcherOf(why?.matched_terms ?? [])
  const first = [...passage.matchAll(WORD)].find(([word]) => isShared(word))
  const from = passage.length <= LONGEST ? 0 : wordStart(passage, Math.max(0, (first?.index ?? 0) - LEAD))
  const to = passage.length - from <= LONGEST ? passage.length : passage.lastIndexOf(' ', from + LONGEST)
  const shown = `${from > 0 ? '… ' : ''}${passage.slice(from, to)}${to < passage.length ? ' …' : ''}`
  return piecesOf(shown, isShared)
}

function wordStart(text: string, place: number) {
  return place === 0 ? 0 : text.indexOf(' ', place) + 1
}

function piecesOf(text: string, isShared: (word: string) => boolean): Piece[] {
  const pieces: Piece[] = []
  let done = 0
  for (const match of text.matchAll(WORD)) {
    if (!isShared(match[0])) continue
    if (match.index > done) pieces.push({ text: text.slice(done, match.index), isMarked: false })
    pieces.push({ text: match[0], isMarked: true })
    done = match.index + match[0].length
  }
  if (done < text.length) pieces.push({ text: text.slice(done), isMarked: false })
  return pieces
}

/** The server names the question's words that a passage shares by their stems; endings may differ. */
function matcherOf(terms: string[]) {
  const stems = terms
    .map((term) => term.toLowerCase())
    .map((term) => (term.length > 4 ? term.slice(0, Math.max(4, term.length - 3)) : term))
  return (word: string) => {
    const lower = word.toLowerCase()
    return stems.some((stem) => (stem.length > 2 ? lower.startsWith(stem) : lower === stem))
  }
}
