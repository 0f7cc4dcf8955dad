import { createFileRoute } from '@tanstack/react-router'
import { UsagePage, usageSearch } from '@/features/billing'
import { loadMessages } from '@/i18n/locale'

export const Route = createFileRoute('/$org/settings/usage/')({
  validateSearch: usageSearch,
  loader: () => loadMessages('billing'),
  component: UsagePage,
})
