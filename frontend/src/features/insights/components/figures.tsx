import { getRouteApi, Link, type LinkOptions, linkOptions } from '@tanstack/react-router'
import { useFormatter, useTranslations } from 'use-intl'
import { useOrg } from '@/hooks/use-account'
import type { Insights } from '../queries'

const DAY_MS = 24 * 3600 * 1000
const route = getRouteApi('/$org/')

/** The memory in four numbers; each leads to what it counts. */
export function Figures({ insights }: { insights: Insights }) {
  const t = useTranslations('overview.figures')
  const { number } = useFormatter()
  const org = useOrg()
  const { range } = route.useSearch()
  const { trend, trend_windows: windows } = insights.temporal_patterns
  const recent = windows.at(-1)
  const days = recent ? Math.round((Date.parse(recent.to) - Date.parse(recent.from)) / DAY_MS) : 0
  const { entities, links } = insights.knowledge_graph
  return (
    <dl className="grid rounded-lg border bg-surface max-sm:divide-y sm:grid-cols-2 sm:divide-x lg:grid-cols-4">
      <Figure
        name={t('memories')}
        value={number(insights.total_memories)}
        link={linkOptions({ to: '/$org/memories', params: { org }, search: { range } })}
      />
      <Figure
        name={t('recent', { days })}
        value={number(recent?.count ?? 0)}
        note={
          trend === null
            ? t('noTrend')
            : t('trend', { change: number(trend, { style: 'percent', signDisplay: 'exceptZero' }) })
        }
        link={linkOptions({ to: '/$org/memories', params: { org }, search: { from: recent?.from, to: recent?.to } })}
      />
      <Figure
        name={t('entities')}
        value={number(entities)}
        note={t('links', { count: links })}
        link={linkOptions({ to: '/$org/graph', params: { org } })}
      />
      <Figure
        name={t('density')}
        value={number(insights.knowledge_density, { style: 'percent', maximumFractionDigits: 1 })}
        note={t('densityNote')}
        link={linkOptions({ to: '/$org/graph', params: { org } })}
      />
    </dl>
  )
}

type Props = { name: string; value: string; note?: string; link?: LinkOptions }

function Figure({ name, value, note, link }: Props) {
  return (
    <div className="relative grid content-start gap-0.5 px-4 py-3 has-[a:hover]:bg-sunken">
      <dt className="text-ui text-muted">{name}</dt>
      <dd className="text-2xl font-semibold tracking-tight tabular-nums">
        {link ? (
          // The whole field is the link's.
          <Link {...link} aria-label={`${name}: ${value}`} className="after:absolute after:inset-0 hover:underline">
            {value}
          </Link>
        ) : (
          value
        )}
      </dd>
      {note ? <dd className="text-xs text-muted">{note}</dd> : null}
    </div>
  )
}
