import { createFileRoute, redirect } from '@tanstack/react-router'
import { accessToken } from '@/api/session'
import { SignInPage, signInSearch } from '@/features/auth'
import { loadMessages } from '@/i18n/locale'

export const Route = createFileRoute('/sign-in')({
  validateSearch: signInSearch,
  beforeLoad: () => {
    if (accessToken()) throw redirect({ to: '/', replace: true })
  },
  loader: () => loadMessages('entrance'),
  component: SignInPage,
})
