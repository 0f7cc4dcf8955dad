import { createFileRoute } from '@tanstack/react-router'
import * as z from 'zod/mini'
import { prepareEntrance } from '@/app/entrance'
import { EmailChangePage } from '@/features/auth'
import { soft } from '@/lib/url-schema'

export const Route = createFileRoute('/confirm-email/$key')({
  validateSearch: z.object({ action: soft(z.literal('cancel')) }),
  loader: ({ context }) => prepareEntrance(context.queryClient),
  component: EmailChangePage,
})
