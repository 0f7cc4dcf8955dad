import { createFileRoute } from '@tanstack/react-router'
import { DomainsPage } from '@/features/organisation'

export const Route = createFileRoute('/$org/settings/domains')({ component: DomainsPage })
