import { Link } from '@tanstack/react-router'
import { ArrowRight, Waypoints } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { Ago } from '@/components/ago'
import { typeName } from '@/features/memories'
import { useOrg } from '@/hooks/use-account'
import { cn } from '@/lib/cn'
import { excerptOf } from '../excerpt'
import type { Result } from '../queries'
import { Score } from './score'

type Props = {
  result: Result
  rank: number
  isOpen: boolean
  onOpen: () => void
  /** Its place in the search that this one is compared with; null if that has not found it. */
  placeThere?: number | null | undefined
  onWhy?: (() => void) | undefined
}

/** One memory that was found: the passage, why it was found in plain words, and how its score adds up. */
export function ResultCard({ result, rank, isOpen, onOpen, placeThere, onWhy }: Props) {
  const t = useTranslations('search')
  const pieces = excerptOf(result)
  return (
    <li
      className={cn(
        'grid gap-2.5 rounded-lg border bg-surface p-4',
        isOpen && 'border-accent outline-1 -outline-offset-1 outline-accent',
      )}
    >
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1 text-xs text-muted">
        <span className="font-semibold text-fg tabular-nums">{rank}</span>
        <span>{typeName(result.memory_type)}</span>
        {result.source ? <span>{result.source}</span> : null}
        <Ago at={result.occurred_at} />
        {result.archived_at ? <span>{t('archive.is')}</span> : null}
        {placeThere === null ? (
          <>
            <span className="rounded-sm bg-accent-soft px-1.5 py-0.5 font-medium text-accent-text">
              {t('onlyHere')}
            </span>
            <button type="button" onClick={onWhy} className="rounded underline underline-offset-2 hover:text-fg">
              {t('why.notThere')}
            </button>
          </>
        ) : placeThere ? (
          <span className="tabular-nums">{t('placeThere', { place: placeThere })}</span>
        ) : null}
      </div>
      <button
        type="button"
        data-row={result.memory_id}
        aria-pressed={isOpen}
        onClick={onOpen}
        className="max-w-[85ch] min-w-0 text-left leading-relaxed break-words whitespace-pre-line hover:text-accent-text"
      >
        {pieces.map(({ text, isMarked }, place) =>
          isMarked ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a text do not move
            <mark key={place} className="rounded-sm bg-accent-soft px-0.5 text-inherit">
              {text}
            </mark>
          ) : (
            text
          ),
        )}
      </button>
      {result.explanation ? (
        // The API answers in English.
        <p lang="en" className="text-ui text-muted">
          {result.explanation}
        </p>
      ) : null}
      <Reasons result={result} />
      {/* The first result shows how scores come about. */}
      <Score result={result} isOpenAtFirst={rank === 1} />
    </li>
  )
}

/** The names that question and memory share, or the way from one to the other, and the concepts. */
function Reasons({ result: { why } }: { result: Result }) {
  const t = useTranslations('search')
  const org = useOrg()
  if (!why) return null
  const names = why.entity_path.length > 0 ? why.entity_path : why.entities
  if (names.length === 0 && why.dimensions.length === 0) return null
  return (
    <ul className="flex flex-wrap items-center gap-1.5 text-xs">
      {names.map((name, place) => (
        <li key={name} className="inline-flex items-center gap-1.5">
          {place > 0 && why.entity_path.length > 0 ? (
            <ArrowRight className="size-3 text-subtle" aria-label={t('leadsTo')} />
          ) : null}
          <Link
            to="/$org/graph"
            params={{ org }}
            search={{ entity: name }}
            className="inline-flex h-6 items-center gap-1 rounded-md border bg-bg px-2 hover:border-line-strong"
          >
            <Waypoints className="size-3 text-subtle" aria-hidden />
            {name}
          </Link>
        </li>
      ))}
      {why.dimensions.map((dimension) => (
        <li key={dimension} className="inline-flex h-6 items-center rounded-md bg-sunken px-2 text-muted">
          {t('dimension', { name: dimension.replaceAll('_', ' ') })}
        </li>
      ))}
    </ul>
  )
}
