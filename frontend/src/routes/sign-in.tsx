import { createFileRoute, redirect } from '@tanstack/react-router'
import { accessToken } from '@/api/session'
import { prepareEntrance } from '@/app/entrance'
import { SignInPage, signInSearch } from '@/features/auth'

export const Route = createFileRoute('/sign-in')({
  validateSearch: signInSearch,
  beforeLoad: () => {
    if (accessToken()) throw redirect({ to: '/', replace: true })
  },
  loader: ({ context }) => prepareEntrance(context.queryClient),
  component: SignInPage,
})
