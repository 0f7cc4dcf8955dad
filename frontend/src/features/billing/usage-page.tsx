import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Activity, BellRing, Download, X } from 'lucide-react'
import { useFormatter, useNow, useTranslations } from 'use-intl'
import { Ago } from '@/components/ago'
import { Button } from '@/components/button'
import { Loaded } from '@/components/loaded'
import { Page } from '@/components/page'
import { Panel } from '@/components/panel'
import { PlainTable } from '@/components/plain-table'
import { useFailed } from '@/components/plan-limit'
import { Segmented } from '@/components/segmented'
import { SelectField } from '@/components/select'
import { EmptyState, Skeleton } from '@/components/states'
import { useOrg } from '@/hooks/use-account'
import { useMeterName } from '@/hooks/use-meter-name'
import { useUnits } from '@/hooks/use-units'
import { cn } from '@/lib/cn'
import { saveFile } from '@/lib/save-file'
import { Breakdown } from './components/breakdown'
import { ByDay } from './components/by-day'
import { Reconciled } from './components/reconciled'
import { Totals } from './components/totals'
import { asMeter, DEFAULT_RANGE, GROUPS, METERS, RANGES, spanOf } from './filters'
import { alertsQuery, exportUsage, quotasQuery, type Span, subscriptionQuery, usageQuery } from './queries'

const route = getRouteApi('/$org/settings/usage/')

/** What was used, by whom and what, and what it costs. */
export function UsagePage() {
  const t = useTranslations('billing.usage')
  const { dateTimeRange, dateTime } = useFormatter()
  const meterName = useMeterName()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const org = useOrg()
  const now = useNow()
  const span = spanOf(search, now)
  const group = search.by ?? 'module'
  const days = useQuery(usageQuery(org, span, 'day', search.meter))
  const groups = useQuery(usageQuery(org, span, group, search.meter))
  const subscription = useQuery(subscriptionQuery(org))
  const currency = subscription.data?.currency ?? 'usd'
  const isPicked = search.from !== undefined && search.to !== undefined
  return (
    <Page title={t('title')} note={t('note')} actions={<ExportButton span={span} />}>
      <div className="flex flex-wrap items-center gap-2">
        <Segmented
          label={t('range')}
          // A part of time that was picked is none of the ranges.
          value={isPicked ? 'picked' : (search.range ?? DEFAULT_RANGE)}
          options={RANGES.map((value) => ({ value: value as string, label: t(`ranges.${value}`) }))}
          onChange={(value) => {
            const range = RANGES.find((one) => one === value)
            void navigate({
              search: (before) => ({
                ...before,
                from: undefined,
                to: undefined,
                range: range === DEFAULT_RANGE ? undefined : range,
              }),
            })
          }}
        />
        <SelectField
          isBare
          label={t('meter')}
          value={search.meter ?? ''}
          onChange={(meter) => void navigate({ search: (before) => ({ ...before, meter: asMeter(meter) }) })}
          options={[
            { value: '', label: t('allMeters') },
            ...METERS.map((meter) => ({ value: meter, label: meterName(meter) })),
          ]}
        />
        {isPicked ? (
          <Button
            onClick={() => void navigate({ search: (before) => ({ ...before, from: undefined, to: undefined }) })}
          >
            {dateTimeRange(new Date(span.from), new Date(Date.parse(span.to) - 1), {
              dateStyle: 'medium',
              timeZone: 'UTC',
            })}
            <X aria-hidden />
            <span className="sr-only">{t('unpick')}</span>
          </Button>
        ) : null}
      </div>
      <Loaded query={days} skeleton={<Skeleton className="h-96" />}>
        {(usage) => (
          <div className={cn('grid gap-4 transition-opacity', days.isPlaceholderData && 'opacity-60')}>
            <Totals totals={usage.totals} currency={currency} />
            <Panel title={t('byDay')} note={t(search.meter ? 'byDayNote' : 'byDayAll')}>
              <ByDay usage={usage} search={search} />
            </Panel>
            {usage.as_of ? (
              <p className="text-xs text-muted">
                {t('asOf', { at: dateTime(new Date(usage.as_of), { dateStyle: 'medium', timeStyle: 'medium' }) })}
              </p>
            ) : null}
          </div>
        )}
      </Loaded>
      <section aria-labelledby="breakdown" className="overflow-hidden rounded-lg border bg-surface">
        <header className="flex flex-wrap items-center justify-between gap-3 border-b px-4 py-3">
          <h2 id="breakdown" className="text-ui font-semibold">
            {t('breakdown')}
          </h2>
          <SelectField
            isBare
            label={t('groupBy')}
            value={group}
            onChange={(value) =>
              void navigate({ search: (before) => ({ ...before, by: GROUPS.find((one) => one === value) }) })
            }
            options={GROUPS.map((value) => ({ value, label: t(`by.${value}`) }))}
          />
        </header>
        <Loaded query={groups}>
          {(usage) =>
            usage.results.length === 0 ? (
              <EmptyState icon={Activity} title={t('nothing')} />
            ) : (
              <div className={cn('transition-opacity', groups.isPlaceholderData && 'opacity-60')}>
                {/* While another grouping is on its way, rows are those of the grouping before. */}
                <Breakdown
                  usage={usage}
                  group={GROUPS.find((one) => one === usage.group_by) ?? group}
                  currency={currency}
                />
              </div>
            )
          }
        </Loaded>
      </section>
      <Alerts />
      <Reconciled />
    </Page>
  )
}

function ExportButton({ span }: { span: Span }) {
  const t = useTranslations('billing.usage')
  const failed = useFailed()
  const download = useMutation({
    mutationFn: () => exportUsage(span),
    onSuccess: (file) => saveFile(file, `usage-${span.from.slice(0, 10)}-${span.to.slice(0, 10)}.csv`),
    onError: (error) => failed(error, (reason) => t('exportFailed', { reason })),
  })
  return (
    <Button isBusy={download.isPending} onClick={() => download.mutate()}>
      {download.isPending ? null : <Download aria-hidden />}
      {t('export')}
    </Button>
  )
}

/** The warnings that were given. */
function Alerts() {
  const t = useTranslations('billing.alerts')
  const { number } = useFormatter()
  const meterName = useMeterName()
  const org = useOrg()
  const alerts = useInfiniteQuery(alertsQuery(org))
  const quotas = useQuery(quotasQuery(org))
  const { amount } = useUnits()
  const unitOf = (meter: string) => quotas.data?.results.find((one) => one.meter === meter)?.unit ?? ''
  return (
    <section aria-labelledby="alerts" className="overflow-hidden rounded-lg border bg-surface">
      <header className="border-b px-4 py-3">
        <h2 id="alerts" className="text-ui font-semibold">
          {t('title')}
        </h2>
        <p className="text-xs text-muted">{t('note')}</p>
      </header>
      <Loaded query={alerts} skeleton={<Skeleton className="m-4 h-16" />}>
        {({ pages }) => {
          const results = pages.flatMap((page) => page.results)
          return results.length === 0 ? (
            <p className="flex items-center gap-2 px-4 py-4 text-ui text-muted">
              <BellRing className="size-4" aria-hidden />
              {t('none')}
            </p>
          ) : (
            <PlainTable
              label={t('title')}
              rows={results}
              idOf={(alert) => alert.id}
              columns={[
                {
                  id: 'what',
                  header: t('what'),
                  cell: (alert) => (
                    <span className="font-medium">
                      {t('passed', {
                        name: meterName(alert.meter, alert.name),
                        percent: number(alert.threshold_percent / 100, { style: 'percent' }),
                      })}
                    </span>
                  ),
                },
                {
                  id: 'used',
                  header: t('used'),
                  className: 'text-right tabular-nums max-sm:flex-1 max-sm:text-left',
                  cell: (alert) =>
                    t('of', {
                      used: amount(alert.used, unitOf(alert.meter)),
                      limit: amount(alert.limit, unitOf(alert.meter)),
                    }),
                },
                {
                  id: 'at',
                  header: t('at'),
                  className: 'w-40 text-muted',
                  cell: (alert) => <Ago at={alert.created_at} />,
                },
              ]}
            />
          )
        }}
      </Loaded>
      {alerts.hasNextPage ? (
        <div className="border-t p-3 text-center">
          <Button size="small" isBusy={alerts.isFetchingNextPage} onClick={() => void alerts.fetchNextPage()}>
            {t('more')}
          </Button>
        </div>
      ) : null}
    </section>
  )
}
