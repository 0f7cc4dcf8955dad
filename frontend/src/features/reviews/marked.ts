export type Piece = { text: string; mark: 'none' | 'sentence' | 'value' }
export type Places = { value: number[]; sentence: number[] }[]

/** A text in pieces: sentences that contradict the other text, and in them the values. Places count whole characters. */
export function piecesOf(content: string, places: Places): Piece[] {
  // The server counts characters, of which JavaScript makes two where they are rare.
  const characters = [...content]
  const cuts = new Set([0, characters.length])
  for (const { value, sentence } of places)
    for (const cut of [...value, ...sentence]) cuts.add(Math.min(cut, characters.length))
  const sorted = [...cuts].sort((one, other) => one - other)
  return sorted.slice(1).map((end, place) => {
    const start = sorted[place] ?? 0
    const within = (span: number[]) => (span[0] ?? 0) <= start && end <= (span[1] ?? 0)
    const isValue = places.some(({ value, sentence }) => within(value) && String(value) !== String(sentence))
    const mark = isValue ? 'value' : places.some(({ sentence }) => within(sentence)) ? 'sentence' : 'none'
    return { text: characters.slice(start, end).join(''), mark }
  })
}
