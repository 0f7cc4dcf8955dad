import { createFileRoute } from '@tanstack/react-router'
import { MembersPage } from '@/features/people'

export const Route = createFileRoute('/$org/settings/members')({ component: MembersPage })
