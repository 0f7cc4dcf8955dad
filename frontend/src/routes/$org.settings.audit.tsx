import { createFileRoute } from '@tanstack/react-router'
import { AuditPage, auditSearch } from '@/features/audit'
import { loadMessages } from '@/i18n/locale'

export const Route = createFileRoute('/$org/settings/audit')({
  validateSearch: auditSearch,
  loader: () => loadMessages('events'),
  component: AuditPage,
})
