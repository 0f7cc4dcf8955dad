import { createFileRoute } from '@tanstack/react-router'
import { RetentionPage } from '@/features/retention'

export const Route = createFileRoute('/$org/settings/retention')({ component: RetentionPage })
