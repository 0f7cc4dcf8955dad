import { createFileRoute } from '@tanstack/react-router'
import { InvoicePage } from '@/features/billing'
import { loadMessages } from '@/i18n/locale'

export const Route = createFileRoute('/$org/settings/invoices/$invoiceId')({
  loader: () => loadMessages('billing'),
  component: InvoicePage,
})
