import { createFileRoute } from '@tanstack/react-router'
import { WebhookPage, webhookSearch } from '@/features/webhooks'
import { loadMessages } from '@/i18n/locale'

export const Route = createFileRoute('/$org/settings/webhooks/$webhookId')({
  validateSearch: webhookSearch,
  loader: () => loadMessages('events'),
  component: WebhookPage,
})
