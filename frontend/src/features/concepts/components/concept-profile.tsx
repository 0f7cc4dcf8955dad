import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { Panel } from '@/components/panel'
import { ErrorState, Skeleton } from '@/components/states'
import { useOrg } from '@/hooks/use-account'
import { dimensionName, profileQuery } from '../queries'
import { Level } from './level'
import { Sentences } from './sentences'

/** Where a memory stands on each dimension, and the sentences that pulled it there. */
export function ConceptProfile({ memoryId }: { memoryId: string }) {
  const t = useTranslations('concepts')
  const org = useOrg()
  const profile = useQuery(profileQuery(org, memoryId))
  return (
    <Panel title={t('title')} note={t('profileNote')}>
      {profile.isError ? (
        <ErrorState error={profile.error} onRetry={() => void profile.refetch()} isRetrying={profile.isRefetching} />
      ) : !profile.data ? (
        <Skeleton className="h-40" />
      ) : (
        <>
          <ul className="grid gap-x-8 gap-y-4 md:grid-cols-2">
            {profile.data.dimensions.map(({ name, description, coordinate, sentences }) => (
              <li key={name} className="grid content-start gap-1">
                <Link
                  to="/$org/concepts"
                  params={{ org }}
                  search={{ dimension: name }}
                  title={description}
                  className="justify-self-start rounded text-ui font-medium hover:underline"
                >
                  {dimensionName(name)}
                </Link>
                <Level value={coordinate} />
                <Sentences sentences={sentences} />
              </li>
            ))}
          </ul>
          {profile.data.sentences_read < profile.data.sentences ? (
            <p className="mt-3 text-xs text-muted">
              {t('partlyRead', { read: profile.data.sentences_read, all: profile.data.sentences })}
            </p>
          ) : null}
        </>
      )}
    </Panel>
  )
}
