import { useQuery } from '@tanstack/react-query'
import { useFormatter, useTranslations } from 'use-intl'
import { Ago } from '@/components/ago'
import { Panel } from '@/components/panel'
import { ErrorState, Skeleton } from '@/components/states'
import { useOrg } from '@/hooks/use-account'
import { healthQuery } from '../queries'
import { uptimeOf } from '../uptime'
import { HealthBadge } from './health-badge'
import { LatencyChart } from './latency-chart'

/** How a module is, what it breaks of the contract, and how its last checks went. */
export function HealthPanel({ moduleId }: { moduleId: string }) {
  const t = useTranslations('modules.health')
  const { number } = useFormatter()
  const found = useQuery(healthQuery(useOrg(), moduleId))
  if (found.isError) {
    return (
      <Panel title={t('title')}>
        <ErrorState error={found.error} onRetry={() => void found.refetch()} isRetrying={found.isRefetching} />
      </Panel>
    )
  }
  if (!found.data) return <Skeleton className="h-60" />
  const { state, is_serving: isServing, checked_at: checkedAt, contract_errors: errors, history } = found.data
  const { checks, answered, median, slowest } = uptimeOf(history)
  const share = number(checks > 0 ? answered / checks : 0, { style: 'percent', maximumFractionDigits: 1 })
  const unit = (value: number | null) =>
    value === null ? t('none') : number(value, { style: 'unit', unit: 'millisecond', maximumFractionDigits: 0 })
  const facts = [
    [t('answered'), share],
    [t('median'), unit(median)],
    [t('slowest'), unit(slowest)],
  ] as const
  return (
    <Panel title={t('title')} note={t(isServing ? 'serving' : 'notServing')} actions={<HealthBadge state={state} />}>
      <div className="grid gap-4">
        {errors.length > 0 ? (
          <div role="alert" className="grid gap-1 rounded-md bg-danger-soft px-3 py-2 text-ui text-danger">
            <p className="font-medium">{t('contract')}</p>
            <ul className="list-disc pl-4">
              {errors.map((error) => (
                <li key={error} lang="en" className="break-words">
                  {error}
                </li>
              ))}
            </ul>
          </div>
        ) : null}
        {checks === 0 ? (
          <p className="text-ui text-muted">{t('noChecks')}</p>
        ) : (
          <>
            <LatencyChart
              label={t('chart', { checks, share, median: unit(median) })}
              failed={t('failed')}
              history={history}
            />
            <dl className="grid grid-cols-3 gap-3 text-ui">
              {facts.map(([name, value]) => (
                <div key={name}>
                  <dt className="text-xs text-muted">{name}</dt>
                  <dd className="tabular-nums">{value}</dd>
                </div>
              ))}
            </dl>
          </>
        )}
        {checkedAt ? (
          <p className="text-xs text-muted">{t.rich('checked', { when: () => <Ago at={checkedAt} /> })}</p>
        ) : null}
      </div>
    </Panel>
  )
}
