import { createFileRoute } from '@tanstack/react-router'
import { ImportsPage } from '@/features/imports'

export const Route = createFileRoute('/$org/import')({ component: ImportsPage })
