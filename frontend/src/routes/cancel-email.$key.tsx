import { createFileRoute } from '@tanstack/react-router'
import { prepareEntrance } from '@/app/entrance'
import { CancelEmailPage } from '@/features/auth'

export const Route = createFileRoute('/cancel-email/$key')({
  loader: ({ context }) => prepareEntrance(context.queryClient),
  component: CancelEmailPage,
})
