import { Link } from '@tanstack/react-router'
import { useFormatter, useTranslations } from 'use-intl'
import { useOrg } from '@/hooks/use-account'
import { cn } from '@/lib/cn'
import { areThemesPending, type Insights } from '../queries'

const SHOWN = 8
const TERMS_SHOWN = 8
// The first ones make the label.
const LABEL_TERMS = 3
// The slots of the palette, in their order; Tailwind finds only classes that are written out.
const COLOURS = [
  'bg-series-1',
  'bg-series-2',
  'bg-series-3',
  'bg-series-4',
  'bg-series-5',
  'bg-series-6',
  'bg-series-7',
  'bg-series-8',
]

/** What groups of memories are about. */
export function Themes({ insights }: { insights: Insights }) {
  const t = useTranslations('overview.themes')
  const { number } = useFormatter()
  const org = useOrg()
  const themes = insights.semantic_clusters.slice(0, SHOWN)
  if (themes.length === 0) {
    return (
      <p role="status" className="py-8 text-center text-ui text-muted">
        {t(areThemesPending(insights) ? 'computing' : 'none')}
      </p>
    )
  }
  return (
    <ul className="grid gap-2.5 text-ui">
      {themes.map((theme, slot) => (
        <li key={theme.id} className="grid grid-cols-[auto_minmax(0,1fr)_auto] items-baseline gap-x-2.5">
          <span aria-hidden className={cn('size-2 rounded-[3px]', COLOURS[slot])} />
          <Link
            to="/$org/memories"
            params={{ org }}
            search={{ cluster: theme.id }}
            className="truncate font-medium hover:underline"
          >
            {theme.label}
          </Link>
          <span className="text-muted tabular-nums">{number(theme.size)}</span>
          <span className="col-span-2 col-start-2 truncate text-xs text-muted">
            {theme.terms.slice(LABEL_TERMS, TERMS_SHOWN).join(', ')}
          </span>
        </li>
      ))}
    </ul>
  )
}
