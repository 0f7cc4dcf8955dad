import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ListX, X } from 'lucide-react'
import { useFormatter, useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { CopyButton } from '@/components/copy'
import { Page } from '@/components/page'
import { type PlainColumn, PlainTable } from '@/components/plain-table'
import { SelectField } from '@/components/select'
import { EmptyState, ErrorState } from '@/components/states'
import { useOrg } from '@/hooks/use-account'
import { useMeterName } from '@/hooks/use-meter-name'
import { useUnits } from '@/hooks/use-units'
import { asMeter, DEFAULT_METER, type LedgerSearch, METERS, PLATFORM } from './filters'
import { ledgerQuery } from './queries'
import type { LedgerRow } from './types'

const route = getRouteApi('/$org/settings/usage/ledger')
const CONDITIONS = ['module', 'operation', 'user_id'] as const

/** Every single use that was counted, with the request that it came with. */
export function LedgerPage() {
  const t = useTranslations('billing.ledger')
  const { dateTimeRange, number } = useFormatter()
  const meterName = useMeterName()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const org = useOrg()
  const ledger = useInfiniteQuery(
    ledgerQuery(org, {
      ...search,
      meter: search.meter ?? DEFAULT_METER,
      ...(search.module === PLATFORM && { module: '' }),
    }),
  )
  const rows = ledger.data?.pages.flatMap((page) => page.results)
  const total = ledger.data?.pages[0]?.total
  const member = rows?.find((row) => row.member?.id === search.user_id)?.member?.email
  const isConditioned = CONDITIONS.some((name) => search[name]) || (search.from && search.to)
  function said(name: (typeof CONDITIONS)[number], value: string) {
    if (name === 'module' && value === PLATFORM) return t('platform')
    if (name === 'user_id') return member ?? value
    return value
  }
  function drop(changes: Partial<LedgerSearch>) {
    void navigate({ search: (before) => ({ ...before, ...changes }) })
  }
  return (
    <Page
      title={t('title')}
      note={t('note')}
      breadcrumb={[
        <Link key="usage" to="/$org/settings/usage" params={{ org }} className="hover:text-fg">
          {t('usage')}
        </Link>,
      ]}
    >
      <div className="flex flex-wrap items-center gap-2">
        <SelectField
          isBare
          label={t('meter')}
          value={search.meter ?? DEFAULT_METER}
          onChange={(meter) => drop({ meter: asMeter(meter) })}
          options={METERS.map((meter) => ({ value: meter, label: meterName(meter) }))}
        />
        {search.from && search.to ? (
          <Button onClick={() => drop({ from: undefined, to: undefined })}>
            {dateTimeRange(new Date(search.from), new Date(Date.parse(search.to) - 1), {
              dateStyle: 'medium',
              timeZone: 'UTC',
            })}
            <X aria-hidden />
            <span className="sr-only">{t('drop')}</span>
          </Button>
        ) : (
          <span className="text-ui text-muted">{t('lately')}</span>
        )}
        {CONDITIONS.map((name) => {
          const value = search[name]
          return value ? (
            <Button key={name} onClick={() => drop({ [name]: undefined })} className="max-w-full">
              <span className="text-muted">{t(`conditions.${name}`)}</span>
              <span className="truncate">{said(name, value)}</span>
              <X aria-hidden />
              <span className="sr-only">{t('drop')}</span>
            </Button>
          ) : null
        })}
      </div>
      <div className="overflow-hidden rounded-lg border bg-surface">
        {ledger.isError && !rows ? (
          <ErrorState error={ledger.error} onRetry={() => void ledger.refetch()} isRetrying={ledger.isRefetching} />
        ) : rows?.length === 0 ? (
          <EmptyState
            icon={ListX}
            title={t('nothing')}
            action={
              isConditioned ? (
                <Button onClick={() => void navigate({ search: { meter: search.meter } })}>{t('all')}</Button>
              ) : null
            }
          />
        ) : (
          <Rows rows={rows} />
        )}
      </div>
      {ledger.hasNextPage ? (
        <Button className="self-center" isBusy={ledger.isFetchingNextPage} onClick={() => void ledger.fetchNextPage()}>
          {typeof total === 'number'
            ? t('moreOf', { shown: number(rows?.length ?? 0), total: number(total) })
            : t('more')}
        </Button>
      ) : null}
    </Page>
  )
}

function Rows({ rows }: { rows: LedgerRow[] | undefined }) {
  const t = useTranslations('billing.ledger')
  const { dateTime } = useFormatter()
  const { amount } = useUnits()
  const meterName = useMeterName()
  const columns: PlainColumn<LedgerRow>[] = [
    {
      id: 'what',
      header: t('what'),
      cell: (row) => (
        <div className="min-w-0">
          <p className="font-medium break-words">{row.operation || meterName(row.meter)}</p>
          <p className="text-xs break-all text-muted">
            {[meterName(row.meter), row.module, row.member?.email].filter(Boolean).join(' · ')}
          </p>
        </div>
      ),
    },
    {
      id: 'quantity',
      header: t('quantity'),
      className: 'text-right tabular-nums',
      cell: (row) => amount(row.quantity, row.meter === 'memory_bytes' ? 'bytes' : ''),
    },
    {
      id: 'at',
      header: t('at'),
      className: 'text-muted tabular-nums max-sm:flex-1 whitespace-nowrap',
      cell: (row) => (
        <time dateTime={row.occurred_at}>
          {dateTime(new Date(row.occurred_at), { dateStyle: 'short', timeStyle: 'medium' })}
        </time>
      ),
    },
    {
      id: 'request',
      header: t('request'),
      className: 'max-sm:w-full',
      cell: (row) =>
        row.request_id ? (
          <span className="flex items-center gap-1">
            <code className="font-mono text-xs break-all text-muted">{row.request_id}</code>
            <CopyButton text={row.request_id} label={t('copy')} />
          </span>
        ) : (
          <span className="text-xs text-subtle">{row.source}</span>
        ),
    },
  ]
  return <PlainTable label={t('title')} columns={columns} rows={rows} idOf={(row) => row.id} />
}
