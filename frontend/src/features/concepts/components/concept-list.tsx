import { Link } from '@tanstack/react-router'
import { useFormatter, useTranslations } from 'use-intl'
import type { Insights } from '@/features/insights'
import { useOrg } from '@/hooks/use-account'

const SHOWN = 15
const rowStyle =
  'flex min-h-8 items-center justify-between gap-3 rounded-md px-2 hover:bg-sunken focus-visible:-outline-offset-2 aria-[current]:bg-sunken aria-[current]:font-medium'

type Props = { insights: Insights; concept: string | undefined; dimension: string | undefined }

/** Whose memories are placed: those of a concept, or the latest of all. */
export function ConceptList({ insights, concept, dimension }: Props) {
  const t = useTranslations('concepts')
  const { number } = useFormatter()
  const org = useOrg()
  const link = { to: '/$org/concepts', params: { org }, activeOptions: { includeSearch: false } } as const
  return (
    <ul className="grid grid-cols-[minmax(0,1fr)] gap-0.5 text-ui">
      <li>
        <Link {...link} search={{ dimension }} aria-current={!concept || undefined} className={rowStyle}>
          {t('latest')}
        </Link>
      </li>
      {insights.dominant_concepts.slice(0, SHOWN).map((one) => (
        <li key={one.entity_id}>
          <Link
            {...link}
            search={{ concept: one.entity_id, dimension }}
            aria-current={concept === one.entity_id || undefined}
            className={rowStyle}
          >
            <span className="truncate">{one.concept}</span>
            <span className="text-muted tabular-nums">
              {number(one.count)}
              <span className="sr-only"> {t('memories')}</span>
            </span>
          </Link>
        </li>
      ))}
    </ul>
  )
}
