import { createFileRoute, redirect } from '@tanstack/react-router'
import { accountQuery } from '@/api/account'
import { hasSession } from '@/api/session'
import { ProblemScreen } from '@/app/fallbacks'

/** The start leads to the organisation that one is in. */
export const Route = createFileRoute('/')({
  beforeLoad: async ({ context: { queryClient } }) => {
    if (!(await hasSession())) throw redirect({ to: '/sign-in', replace: true })
    const account = await queryClient.ensureQueryData(accountQuery)
    throw redirect({ to: '/$org', params: { org: account.org.slug }, replace: true })
  },
  errorComponent: ProblemScreen,
})
