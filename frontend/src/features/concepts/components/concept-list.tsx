import { Link } from '@tanstack/react-router'
import { useFormatter, useTranslations } from 'use-intl'
import type { Insights } from '@/features/insights'
import { useOrg } from '@/hooks/use-account'

const SHOWN = 15
const rowStyle =
  'flex min-h-8 items-center justify-between gap-3 rounded-md px-2 hover:bg-sunken focus-visible:-outline-offset-2 aria-[current=page]:bg-sunken aria-[current=page]:font-medium'

type Props = { insights: Insights; dimension: string | undefined }

/** Whose memories are placed: those of a concept, or the latest of all. */
export function ConceptList({ insights, dimension }: Props) {
  const t = useTranslations('concepts')
  const { number } = useFormatter()
  const org = useOrg()
  const link = { to: '/$org/concepts', params: { org }, activeOptions: { exact: true, includeSearch: true } } as const
  return (
    <ul className="grid grid-cols-[minmax(0,1fr)] gap-0.5 overflow-y-auto text-ui max-md:max-h-56">
      <li>
        <Link {...link} search={{ dimension }} className={rowStyle}>
          {t('latest')}
        </Link>
      </li>
      {insights.dominant_concepts.slice(0, SHOWN).map((one) => (
        <li key={one.entity_id}>
          <Link {...link} search={{ concept: one.entity_id, dimension }} className={rowStyle}>
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
