import { createFileRoute } from '@tanstack/react-router'
import { prepareEntrance } from '@/app/entrance'
import { ResetPasswordPage } from '@/features/auth'

export const Route = createFileRoute('/reset-password/$key')({
  loader: ({ context }) => prepareEntrance(context.queryClient),
  component: ResetPasswordPage,
})
