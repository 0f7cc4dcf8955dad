import { createFileRoute } from '@tanstack/react-router'
import { ForgotPasswordPage } from '@/features/auth'
import { loadMessages } from '@/i18n/locale'

export const Route = createFileRoute('/forgot-password')({
  loader: () => loadMessages('entrance'),
  component: ForgotPasswordPage,
})
