import { createFileRoute, redirect } from '@tanstack/react-router'
import { may } from '@/api/account'

/** The settings begin with the organisation's own, for who may see them. */
export const Route = createFileRoute('/$org/settings/')({
  beforeLoad: ({ context: { account }, params }) => {
    const to = may(account, 'org:read') ? '/$org/settings/general' : '/$org/settings/profile'
    throw redirect({ to, params, replace: true })
  },
})
