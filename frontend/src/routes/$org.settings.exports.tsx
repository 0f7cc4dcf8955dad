import { createFileRoute } from '@tanstack/react-router'
import { ExportsPage } from '@/features/exports'

export const Route = createFileRoute('/$org/settings/exports')({ component: ExportsPage })
