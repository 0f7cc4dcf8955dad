import { createFileRoute } from '@tanstack/react-router'
import { WebhooksPage } from '@/features/webhooks'
import { loadMessages } from '@/i18n/locale'

export const Route = createFileRoute('/$org/settings/webhooks/')({
  loader: () => loadMessages('events'),
  component: WebhooksPage,
})
