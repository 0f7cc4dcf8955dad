import { createFileRoute } from '@tanstack/react-router'
import { InvoicesPage } from '@/features/billing'
import { loadMessages } from '@/i18n/locale'

export const Route = createFileRoute('/$org/settings/invoices/')({
  loader: () => loadMessages('billing'),
  component: InvoicesPage,
})
