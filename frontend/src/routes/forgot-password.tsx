import { createFileRoute } from '@tanstack/react-router'
import { prepareEntrance } from '@/app/entrance'
import { ForgotPasswordPage } from '@/features/auth'

export const Route = createFileRoute('/forgot-password')({
  loader: ({ context }) => prepareEntrance(context.queryClient),
  component: ForgotPasswordPage,
})
