import { createFileRoute } from '@tanstack/react-router'
import { hasSession } from '@/api/session'
import { prepareEntrance } from '@/app/entrance'
import { ProblemScreen } from '@/app/fallbacks'
import { InvitationPage } from '@/features/auth'

export const Route = createFileRoute('/invitations/$key')({
  beforeLoad: async () => ({ isSignedIn: await hasSession() }),
  loader: ({ context }) => prepareEntrance(context.queryClient),
  component: InvitationPage,
  errorComponent: ProblemScreen,
})
