import { createFileRoute } from '@tanstack/react-router'
import { prepareEntrance } from '@/app/entrance'
import { ConfirmEmailPage } from '@/features/auth'

export const Route = createFileRoute('/confirm-email/$key')({
  loader: ({ context }) => prepareEntrance(context.queryClient),
  component: ConfirmEmailPage,
})
