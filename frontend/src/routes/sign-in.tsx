import { createFileRoute } from '@tanstack/react-router'
import { SignInPage, signInSearch } from '@/features/auth'

export const Route = createFileRoute('/sign-in')({
  validateSearch: signInSearch,
  component: SignInPage,
})
