import { createFileRoute } from '@tanstack/react-router'
import { LedgerPage, ledgerSearch } from '@/features/billing'
import { loadMessages } from '@/i18n/locale'

export const Route = createFileRoute('/$org/settings/usage/ledger')({
  validateSearch: ledgerSearch,
  loader: () => loadMessages('billing'),
  component: LedgerPage,
})
