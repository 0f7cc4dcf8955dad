import { createFileRoute } from '@tanstack/react-router'
import { SharingPage } from '@/features/sharing'

export const Route = createFileRoute('/$org/settings/sharing')({ component: SharingPage })
