import { Download, ExternalLink } from 'lucide-react'
import { useFormatter, useTranslations } from 'use-intl'
import { buttonStyle } from '@/components/button'
import { cn } from '@/lib/cn'
import type { Invoice } from '../types'

const COLOURS: Record<Invoice['status'], string> = {
  draft: 'text-muted',
  open: 'text-accent-text',
  paid: 'text-good',
  void: 'text-muted',
  uncollectible: 'text-danger',
}

export function InvoiceStatus({ status }: { status: Invoice['status'] }) {
  const t = useTranslations('billing.invoices.states')
  return (
    <span className={cn('inline-flex items-center gap-1.5 whitespace-nowrap', COLOURS[status])}>
      <span aria-hidden className="size-1.5 rounded-full bg-current" />
      {t(status)}
    </span>
  )
}

/** Where Stripe shows an invoice, and its file. */
export function InvoiceLinks({ invoice }: { invoice: Invoice }) {
  const t = useTranslations('billing.invoices')
  const name = useInvoiceName()(invoice)
  return (
    <span className="flex flex-wrap gap-2 sm:justify-end">
      {invoice.hosted_url ? (
        <a
          href={invoice.hosted_url}
          target="_blank"
          rel="noopener noreferrer"
          aria-label={t(invoice.status === 'open' ? 'payOf' : 'openOf', { name })}
          className={buttonStyle({ size: 'small', look: invoice.status === 'open' ? 'primary' : 'plain' })}
        >
          <ExternalLink aria-hidden />
          {t(invoice.status === 'open' ? 'pay' : 'open')}
        </a>
      ) : null}
      {invoice.pdf_url ? (
        <a
          href={invoice.pdf_url}
          target="_blank"
          rel="noopener noreferrer"
          aria-label={t('pdfOf', { name })}
          className={buttonStyle({ size: 'small' })}
        >
          <Download aria-hidden />
          {t('pdf')}
        </a>
      ) : null}
    </span>
  )
}

/** What an invoice or one of its lines is for; some are for no time at all. */
export function usePeriodText() {
  const { dateTimeRange } = useFormatter()
  return ({ period_start: start, period_end: end }: Pick<Invoice, 'period_start' | 'period_end'>) =>
    start && end ? dateTimeRange(new Date(start), new Date(end), { dateStyle: 'medium' }) : '–'
}

/** A draft has no number yet. */
export function useInvoiceName() {
  const t = useTranslations('billing.invoices')
  return ({ number }: Pick<Invoice, 'number'>) => number ?? t('draft')
}
