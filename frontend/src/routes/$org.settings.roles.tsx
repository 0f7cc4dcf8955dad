import { createFileRoute } from '@tanstack/react-router'
import { RolesPage } from '@/features/people'

export const Route = createFileRoute('/$org/settings/roles')({ component: RolesPage })
