import { queryOptions, useQuery } from '@tanstack/react-query'
import { useFormatter, useTranslations } from 'use-intl'
import { answerOf, api } from '@/api/client'
import { useOrg } from '@/hooks/use-account'
import { Banner } from './banner'

const ASK_MS = 60_000

function statusQuery(org: string) {
  return queryOptions({
    queryKey: [org, 'status'],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/status', { signal })),
    refetchInterval: ASK_MS,
    // It is asked for again anyway.
    retry: false,
  })
}

/** What does not work at present, and what that means for who works here. */
export default function StatusBanner() {
  const t = useTranslations('platformStatus')
  const { dateTime } = useFormatter()
  const { data } = useQuery(statusQuery(useOrg()))
  if (!data || data.status === 'operational') return null
  const impaired = data.components.filter(({ status }) => status !== 'operational')
  return (
    <Banner label={t('label')} isPressing={data.status === 'outage'}>
      <div role="status">
        <p className="font-medium">{t(data.status)}</p>
        <ul>
          {impaired.map(({ name, consequence, since }) => (
            <li key={name}>
              <span lang="en">{consequence || name}</span>
              {since ? (
                <span className="opacity-80">
                  {' '}
                  {t('since', { when: dateTime(new Date(since), { dateStyle: 'short', timeStyle: 'short' }) })}
                </span>
              ) : null}
            </li>
          ))}
        </ul>
      </div>
    </Banner>
  )
}
