import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ReceiptText } from 'lucide-react'
import { useFormatter, useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { Page } from '@/components/page'
import { type PlainColumn, PlainTable } from '@/components/plain-table'
import { EmptyState, ErrorState } from '@/components/states'
import { useOrg } from '@/hooks/use-account'
import { useUnits } from '@/hooks/use-units'
import { InvoiceLinks, InvoiceStatus, useInvoiceName, usePeriodText } from './components/invoice-parts'
import { invoicesQuery } from './queries'
import type { Invoice } from './types'

/** All invoices, the latest first. */
export function InvoicesPage() {
  const t = useTranslations('billing.invoices')
  const { dateTime, number } = useFormatter()
  const period = usePeriodText()
  const { sum } = useUnits()
  const nameOf = useInvoiceName()
  const org = useOrg()
  const invoices = useInfiniteQuery(invoicesQuery(org))
  const rows = invoices.data?.pages.flatMap((page) => page.results)
  const total = invoices.data?.pages[0]?.total
  const columns: PlainColumn<Invoice>[] = [
    {
      id: 'number',
      header: t('number'),
      cell: (invoice) => (
        <div className="min-w-0">
          <Link
            to="/$org/settings/invoices/$invoiceId"
            params={{ org, invoiceId: invoice.id }}
            className="font-medium break-all underline-offset-2 hover:underline"
          >
            {nameOf(invoice)}
          </Link>
          <p className="text-xs text-muted">
            {t('from', { date: dateTime(new Date(invoice.created_at), { dateStyle: 'medium' }) })}
          </p>
        </div>
      ),
    },
    {
      id: 'status',
      header: t('status'),
      cell: (invoice) => <InvoiceStatus status={invoice.status} />,
    },
    {
      id: 'period',
      header: t('period'),
      className: 'text-muted max-md:hidden',
      cell: period,
    },
    {
      id: 'amount',
      header: t('amount'),
      className: 'text-right tabular-nums max-sm:flex-1',
      cell: (invoice) => sum(invoice.total_cents, invoice.currency),
    },
    {
      id: 'links',
      header: t('links'),
      className: 'w-52 text-right max-sm:w-full',
      cell: (invoice) => <InvoiceLinks invoice={invoice} />,
    },
  ]
  return (
    <Page title={t('title')} note={t('note')}>
      <div className="overflow-hidden rounded-lg border bg-surface">
        {invoices.isError && !rows ? (
          <ErrorState
            error={invoices.error}
            onRetry={() => void invoices.refetch()}
            isRetrying={invoices.isRefetching}
          />
        ) : rows?.length === 0 ? (
          <EmptyState icon={ReceiptText} title={t('none')}>
            {t('noneText')}
          </EmptyState>
        ) : (
          <PlainTable label={t('title')} columns={columns} rows={rows} idOf={(invoice) => invoice.id} />
        )}
      </div>
      {invoices.hasNextPage ? (
        <Button
          className="self-center"
          isBusy={invoices.isFetchingNextPage}
          onClick={() => void invoices.fetchNextPage()}
        >
          {typeof total === 'number'
            ? t('moreOf', { shown: number(rows?.length ?? 0), total: number(total) })
            : t('more')}
        </Button>
      ) : null}
    </Page>
  )
}
