import { createFileRoute } from '@tanstack/react-router'
import { AboutPage } from '@/features/modules'

export const Route = createFileRoute('/$org/modules/$moduleId/about')({ component: AboutPage })
