import { useQueries } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ArrowLeft } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { buttonStyle } from '@/components/button'
import { Skeleton } from '@/components/states'
import { headline, memoryQuery } from '@/features/memories'
import { useOrg } from '@/hooks/use-account'
import { type Dimension, dimensionName, type Profile } from '../queries'
import { placedOn } from '../standings'
import { Level } from './level'
import { Sentences } from './sentences'

type Props = { dimension: Dimension; concept: string | undefined; profiles: Profile[] | undefined }

/** The memories between the two poles of one dimension, with the sentences that put them there. */
export function DimensionMemories({ dimension, concept, profiles }: Props) {
  const t = useTranslations('concepts')
  const org = useOrg()
  const placed = placedOn(dimension.name, profiles ?? [])
  const memories = useQueries({ queries: placed.map(({ memoryId }) => memoryQuery(org, memoryId)) })
  return (
    <section aria-label={dimensionName(dimension.name)} className="grid gap-3 rounded-lg border bg-surface p-4">
      <Link
        to="/$org/concepts"
        params={{ org }}
        search={{ concept }}
        className={`${buttonStyle({ look: 'quiet', size: 'small' })} -ml-2.5 justify-self-start`}
      >
        <ArrowLeft aria-hidden />
        {t('allDimensions')}
      </Link>
      <div>
        <h3 className="text-ui font-semibold">{dimensionName(dimension.name)}</h3>
        <p className="text-xs text-muted">{dimension.description}</p>
      </div>
      {profiles ? (
        <ol className="grid grid-cols-[minmax(0,1fr)] divide-y">
          {placed.map(({ memoryId, standing }, place) => {
            const memory = memories[place]?.data
            return (
              <li
                key={memoryId}
                className="grid gap-x-6 gap-y-1 py-2.5 sm:grid-cols-[minmax(0,1fr)_10rem] sm:items-start"
              >
                <div className="grid min-w-0 gap-1">
                  {memory ? (
                    <Link
                      to="/$org/memories/$memoryId"
                      params={{ org, memoryId }}
                      className="line-clamp-2 rounded text-ui font-medium hover:underline"
                    >
                      {headline(memory.content)}
                    </Link>
                  ) : (
                    <Skeleton className="h-5" />
                  )}
                  <Sentences sentences={standing.sentences.slice(0, 1)} />
                </div>
                <Level value={standing.coordinate} />
              </li>
            )
          })}
        </ol>
      ) : (
        <Skeleton className="h-60" />
      )}
    </section>
  )
}
