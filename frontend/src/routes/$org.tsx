import { createFileRoute, notFound, redirect } from '@tanstack/react-router'
import { accountQuery } from '@/api/account'
import { hasSession, switchSession } from '@/api/session'
import { ProblemScreen } from '@/app/fallbacks'
import { OrganisationFrame } from '@/app/organisation-frame'

/** Everything of an organisation: whoever gets here has a session, and a token for this very organisation. */
export const Route = createFileRoute('/$org')({
  beforeLoad: async ({ context: { queryClient }, params, location, preload }) => {
    if (!(await hasSession())) throw redirect({ to: '/sign-in', search: { redirect: location.href }, replace: true })
    // Rights may have changed since; the next page knows.
    const account = await queryClient.ensureQueryData({ ...accountQuery, revalidateIfStale: true })
    if (account.org.slug === params.org) return { account }
    const wanted = account.orgs.find((one) => one.slug === params.org)
    if (!wanted) throw notFound()
    // Pointing at a link must not move this tab to another organisation.
    if (preload) return { account }
    await switchSession(wanted.id)
    queryClient.clear()
    return { account: await queryClient.ensureQueryData(accountQuery) }
  },
  component: OrganisationFrame,
  errorComponent: ProblemScreen,
})
