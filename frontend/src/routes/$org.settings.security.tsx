import { createFileRoute } from '@tanstack/react-router'
import { SecurityPage } from '@/features/organisation'

export const Route = createFileRoute('/$org/settings/security')({ component: SecurityPage })
