import { Link } from '@tanstack/react-router'
import { useFormatter, useTranslations } from 'use-intl'
import { useOrg } from '@/hooks/use-account'
import type { Insights } from '../queries'

const SHOWN = 10

/** What the memories name most. */
export function Concepts({ insights }: { insights: Insights }) {
  const t = useTranslations('overview')
  const { number } = useFormatter()
  const org = useOrg()
  const concepts = insights.dominant_concepts.slice(0, SHOWN)
  const most = Math.max(...concepts.map((one) => one.weight))
  if (concepts.length === 0) return <p className="py-8 text-center text-ui text-muted">{t('concepts.none')}</p>
  return (
    <ol className="grid gap-0.5 text-ui">
      {concepts.map(({ concept, entity_id, weight, count }) => (
        <li key={entity_id}>
          <Link
            to="/$org/memories"
            params={{ org }}
            search={{ entity: entity_id }}
            className="relative flex h-7 items-center justify-between gap-4 overflow-hidden rounded px-2 hover:bg-sunken focus-visible:-outline-offset-2"
          >
            <span
              aria-hidden
              className="absolute inset-y-0 left-0 rounded bg-accent-soft"
              style={{ width: `${(weight / most) * 100}%` }}
            />
            <span className="relative truncate">{concept}</span>
            <span className="relative text-muted tabular-nums">
              {number(count)}
              <span className="sr-only"> {t('concepts.memories')}</span>
            </span>
          </Link>
        </li>
      ))}
    </ol>
  )
}
