import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useFormatter, useTranslations } from 'use-intl'
import { Loaded } from '@/components/loaded'
import { Page } from '@/components/page'
import { type PlainColumn, PlainTable } from '@/components/plain-table'
import { useOrg } from '@/hooks/use-account'
import { useUnits } from '@/hooks/use-units'
import { InvoiceLinks, InvoiceStatus, useInvoiceName, usePeriodText } from './components/invoice-parts'
import { asMeter } from './filters'
import { invoiceQuery } from './queries'
import type { InvoiceLine, InvoiceWhole } from './types'

const route = getRouteApi('/$org/settings/invoices/$invoiceId')

/** One invoice and its lines; what was counted leads to the ledger. */
export function InvoicePage() {
  const t = useTranslations('billing.invoices')
  const { invoiceId } = route.useParams()
  const org = useOrg()
  const nameOf = useInvoiceName()
  const invoice = useQuery(invoiceQuery(org, invoiceId))
  return (
    <Page
      title={invoice.data ? t('one', { name: nameOf(invoice.data) }) : t('oneLoading')}
      breadcrumb={[
        <Link key="invoices" to="/$org/settings/invoices" params={{ org }} className="hover:text-fg">
          {t('title')}
        </Link>,
      ]}
      actions={invoice.data ? <InvoiceLinks invoice={invoice.data} /> : null}
    >
      <Loaded query={invoice}>{(data) => <Whole invoice={data} />}</Loaded>
    </Page>
  )
}

function Whole({ invoice }: { invoice: InvoiceWhole }) {
  const t = useTranslations('billing.invoices')
  const { dateTime, number } = useFormatter()
  const period = usePeriodText()
  const { sum } = useUnits()
  const org = useOrg()
  const { currency } = invoice
  const facts = [
    [t('status'), <InvoiceStatus key="status" status={invoice.status} />],
    [t('created'), dateTime(new Date(invoice.created_at), { dateStyle: 'medium' })],
    [t('period'), period(invoice)],
    [t('total'), sum(invoice.total_cents, currency)],
    [t('paid'), sum(invoice.amount_paid_cents, currency)],
    [t('due'), sum(invoice.amount_due_cents, currency)],
  ] as const
  const columns: PlainColumn<InvoiceLine>[] = [
    {
      id: 'description',
      header: t('description'),
      cell: (line) => (
        <div className="min-w-0">
          <p className="break-words">{line.description}</p>
          <p className="text-xs text-muted">
            {period(line)}
            {line.proration ? ` · ${t('proration')}` : null}
          </p>
          {asMeter(line.meter) ? (
            <Link
              to="/$org/settings/usage/ledger"
              params={{ org }}
              search={{
                meter: asMeter(line.meter),
                from: line.period_start ?? undefined,
                to: line.period_end ?? undefined,
              }}
              className="text-xs font-medium text-accent-text underline-offset-2 hover:underline"
            >
              {t('behind')}
            </Link>
          ) : null}
        </div>
      ),
    },
    {
      id: 'quantity',
      header: t('quantity'),
      className: 'text-right tabular-nums max-sm:hidden',
      cell: (line) => (line.quantity === null ? '–' : number(line.quantity)),
    },
    {
      id: 'amount',
      header: t('amount'),
      className: 'text-right tabular-nums',
      cell: (line) => sum(line.amount_cents, currency),
    },
  ]
  return (
    <>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-4 rounded-lg border bg-surface p-4 text-ui sm:grid-cols-3 xl:grid-cols-6">
        {facts.map(([name, value]) => (
          <div key={name} className="min-w-0">
            <dt className="text-xs text-muted">{name}</dt>
            <dd className="tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
      <div className="overflow-hidden rounded-lg border bg-surface">
        <PlainTable label={t('lines')} columns={columns} rows={invoice.lines} idOf={(line) => line.id} />
      </div>
    </>
  )
}
