import { createFileRoute } from '@tanstack/react-router'
import { prepareEntrance } from '@/app/entrance'
import { SignUpPage } from '@/features/auth'

export const Route = createFileRoute('/sign-up')({
  loader: ({ context }) => prepareEntrance(context.queryClient),
  component: SignUpPage,
})
