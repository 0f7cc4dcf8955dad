import { createFileRoute } from '@tanstack/react-router'
import { BillingPage, billingSearch } from '@/features/billing'
import { loadMessages } from '@/i18n/locale'

export const Route = createFileRoute('/$org/settings/billing')({
  validateSearch: billingSearch,
  loader: () => loadMessages('billing'),
  component: BillingPage,
})
