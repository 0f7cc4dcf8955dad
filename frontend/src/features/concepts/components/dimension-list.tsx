import { Link } from '@tanstack/react-router'
import { useFormatter, useTranslations } from 'use-intl'
import { Skeleton } from '@/components/states'
import { useOrg } from '@/hooks/use-account'
import { type Dimension, dimensionName, type Profile } from '../queries'
import { meanOf, type Placed, placedOn } from '../standings'

type Props = {
  dimensions: Dimension[]
  concept: string | undefined
  /** Undefined while they are on their way. */
  profiles: Profile[] | undefined
}

/** The dimensions of the organisation, each with the memories as marks between its poles. */
export function DimensionList({ dimensions, concept, profiles }: Props) {
  const t = useTranslations('concepts')
  const org = useOrg()
  return (
    <ul className="grid gap-4 lg:grid-cols-2">
      {dimensions.map(({ name, description }) => (
        <li key={name} className="relative grid content-start gap-2 rounded-lg border bg-surface p-4 hover:bg-sunken">
          <div>
            <h3 className="text-ui font-semibold">
              <Link
                to="/$org/concepts"
                params={{ org }}
                search={{ concept, dimension: name }}
                // The whole field is the link's.
                className="after:absolute after:inset-0 after:rounded-lg focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:outline-ring"
              >
                {dimensionName(name)}
              </Link>
            </h3>
            <p className="text-xs text-muted">{description}</p>
          </div>
          {profiles ? <Marks placed={placedOn(name, profiles)} /> : <Skeleton className="h-9" />}
          <p aria-hidden className="flex justify-between text-xs text-subtle">
            <span>{t('low')}</span>
            <span>{t('high')}</span>
          </p>
        </li>
      ))}
    </ul>
  )
}

function Marks({ placed }: { placed: Placed[] }) {
  const t = useTranslations('concepts')
  const { number } = useFormatter()
  const mean = meanOf(placed)
  const written = (value: number) => number(value, { maximumFractionDigits: 2, minimumFractionDigits: 2 })
  if (mean === null) return <p className="text-xs text-muted">{t('nothing')}</p>
  return (
    <div className="grid gap-1">
      <p className="text-xs text-muted tabular-nums">
        {t('spread', {
          mean: written(mean),
          least: written(placed.at(-1)?.standing.coordinate ?? 0),
          most: written(placed[0]?.standing.coordinate ?? 0),
        })}
      </p>
      <div aria-hidden className="relative mx-1.5 h-4">
        <div className="absolute inset-x-0 top-1/2 border-t border-line-strong" />
        {placed.map(({ memoryId, standing }) => (
          <span
            key={memoryId}
            className="absolute top-1/2 size-2.5 -translate-x-1/2 -translate-y-1/2 rounded-full bg-series-1/45"
            style={{ left: `${standing.coordinate * 100}%` }}
          />
        ))}
        <span className="absolute inset-y-0 w-0.5 -translate-x-1/2 bg-fg" style={{ left: `${mean * 100}%` }} />
      </div>
    </div>
  )
}
