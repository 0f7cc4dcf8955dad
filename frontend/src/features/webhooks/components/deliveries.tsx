import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { ListX, Send } from 'lucide-react'
import { useFormatter, useTranslations } from 'use-intl'
import { Ago } from '@/components/ago'
import { Button } from '@/components/button'
import { type PlainColumn, PlainTable } from '@/components/plain-table'
import { RowButton } from '@/components/row-button'
import { SelectField } from '@/components/select'
import { EmptyState, ErrorState } from '@/components/states'
import { eventTypesQuery } from '@/features/events'
import { useOrg } from '@/hooks/use-account'
import { useRowKeys } from '@/hooks/use-row-keys'
import { STATUSES, type WebhookSearch } from '../filters'
import { type Delivery, deliveriesQuery, type Webhook } from '../queries'
import { DeliveryBadge, useOutcome } from './words'

// Its own type: it is no event of the feed.
const TEST = 'webhook.test'
// While something is on its way, and while something may come.
const BUSY_MS = 3000
const CALM_MS = 10_000

type Props = {
  webhook: Webhook
  search: WebhookSearch
  onChange: (next: Partial<WebhookSearch>, replace?: boolean) => void
}

/** Everything that was sent, or is going to be. */
export function Deliveries({ webhook, search, onChange }: Props) {
  const t = useTranslations('webhooks.deliveries')
  const { number } = useFormatter()
  const org = useOrg()
  const types = useQuery(eventTypesQuery(org))
  const deliveries = useInfiniteQuery({
    ...deliveriesQuery(org, webhook.id, { status: search.status, event_type: search.type }),
    // While one looks at the first page: further pages would all be asked for again.
    refetchInterval: ({ state }) =>
      state.data && state.data.pages.length > 1 ? false : webhook.pending > 0 ? BUSY_MS : CALM_MS,
  })
  const rows = deliveries.data?.pages.flatMap((page) => page.results)
  const total = deliveries.data?.pages[0]?.total
  const isNarrowed = search.status !== undefined || search.type !== undefined
  useRowKeys(
    rows?.map(({ id }) => id),
    search.delivery,
    (delivery) => onChange({ delivery }, true),
  )
  const names = types.data?.results.filter(({ in_feed }) => in_feed).map(({ name }) => name) ?? []
  const known = [...names, ...[TEST, search.type].filter((name) => name !== undefined && !names.includes(name))]
  return (
    <section aria-labelledby="deliveries" className="grid gap-3">
      <header className="flex flex-wrap items-end justify-between gap-3">
        <div>
          <h2 id="deliveries" className="text-sm font-semibold">
            {t('title')}
          </h2>
          <p className="text-xs text-muted">{t('note')}</p>
        </div>
        <div className="flex flex-wrap gap-2">
          <SelectField
            isBare
            label={t('status')}
            value={search.status ?? ''}
            onChange={(status) => onChange({ status: STATUSES.find((one) => one === status) })}
            options={[
              { value: '', label: t('anyStatus') },
              ...STATUSES.map((value) => ({ value, label: t(`statuses.${value}`) })),
            ]}
          />
          <SelectField
            isBare
            label={t('type')}
            value={search.type ?? ''}
            onChange={(type) => onChange({ type: type || undefined })}
            options={[
              { value: '', label: t('anyType') },
              ...known.map((name) => ({ value: name as string, label: name as string })),
            ]}
          />
        </div>
      </header>
      <div className="@container overflow-hidden rounded-lg border bg-surface">
        {deliveries.isError && !rows ? (
          <ErrorState
            error={deliveries.error}
            onRetry={() => void deliveries.refetch()}
            isRetrying={deliveries.isRefetching}
          />
        ) : rows?.length !== 0 ? (
          <Rows rows={rows} openId={search.delivery} onOpen={(delivery) => onChange({ delivery })} />
        ) : isNarrowed ? (
          <EmptyState
            icon={ListX}
            title={t('nothingFits')}
            action={<Button onClick={() => onChange({ status: undefined, type: undefined })}>{t('clear')}</Button>}
          />
        ) : (
          <EmptyState icon={Send} title={t('none')}>
            {t('noneText')}
          </EmptyState>
        )}
      </div>
      {deliveries.hasNextPage ? (
        <Button
          className="justify-self-center"
          isBusy={deliveries.isFetchingNextPage}
          onClick={() => void deliveries.fetchNextPage()}
        >
          {t('more', { shown: number(rows?.length ?? 0), total: number(total ?? 0) })}
        </Button>
      ) : null}
    </section>
  )
}

type RowsProps = { rows: Delivery[] | undefined; openId: string | undefined; onOpen: (id: string | undefined) => void }

function Rows({ rows, openId, onOpen }: RowsProps) {
  const t = useTranslations('webhooks.deliveries')
  const { number } = useFormatter()
  const outcome = useOutcome()
  const columns: PlainColumn<Delivery>[] = [
    {
      id: 'event',
      header: t('columns.event'),
      cell: (delivery) => (
        <RowButton
          id={delivery.id}
          isOpen={openId === delivery.id}
          onPress={() => onOpen(openId === delivery.id ? undefined : delivery.id)}
        >
          <code className="font-mono text-xs break-all">{delivery.event_type}</code>
        </RowButton>
      ),
    },
    { id: 'state', header: t('columns.state'), cell: (delivery) => <DeliveryBadge delivery={delivery} /> },
    {
      id: 'attempts',
      header: t('columns.attempts'),
      className: 'text-right tabular-nums @max-lg:hidden',
      cell: ({ attempts }) => number(attempts),
    },
    {
      id: 'answer',
      header: t('columns.answer'),
      className: 'text-muted first-letter:uppercase @max-2xl:hidden',
      cell: ({ last_attempt }) => (last_attempt ? outcome(last_attempt) : null),
    },
    {
      id: 'at',
      header: t('columns.at'),
      className: 'text-muted',
      cell: ({ created_at }) => <Ago at={created_at} />,
    },
  ]
  return <PlainTable label={t('title')} columns={columns} rows={rows} idOf={({ id }) => id} openId={openId} />
}
