import { useTranslations } from 'use-intl'
import { type DiffPiece, wordDiff } from '@/lib/word-diff'

/** How one text became another: what went is struck through, what came is marked; both are said to who cannot see it. */
export function TextDiff({ before, after }: { before: string; after: string }) {
  return (
    <p className="leading-relaxed break-words whitespace-pre-wrap">
      {wordDiff(before, after).map((piece, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a text do not move
        <Piece key={place} piece={piece} />
      ))}
    </p>
  )
}

function Piece({ piece: { text, kind } }: { piece: DiffPiece }) {
  const t = useTranslations('diff')
  if (kind === 'same') return text
  const Mark = kind === 'gone' ? 'del' : 'ins'
  return (
    <Mark
      className={
        kind === 'gone'
          ? 'rounded-sm bg-danger-soft text-danger'
          : 'rounded-sm bg-accent-soft text-accent-text [del+&]:ml-1'
      }
    >
      <span className="sr-only">{t(kind)} </span>
      {text}
    </Mark>
  )
}
