import { createFileRoute } from '@tanstack/react-router'
import { ResetPasswordPage } from '@/features/auth'
import { loadMessages } from '@/i18n/locale'

export const Route = createFileRoute('/reset-password/$key')({
  loader: () => loadMessages('entrance'),
  component: ResetPasswordPage,
})
