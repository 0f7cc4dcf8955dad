import { createFileRoute } from '@tanstack/react-router'
import { ModulesPage } from '@/features/modules'

export const Route = createFileRoute('/$org/modules/')({ component: ModulesPage })
