import { createFileRoute } from '@tanstack/react-router'
import { BrandingPage } from '@/features/organisation'

export const Route = createFileRoute('/$org/settings/branding')({ component: BrandingPage })
