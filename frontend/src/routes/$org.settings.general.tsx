import { createFileRoute } from '@tanstack/react-router'
import { GeneralPage } from '@/features/organisation'

export const Route = createFileRoute('/$org/settings/general')({ component: GeneralPage })
