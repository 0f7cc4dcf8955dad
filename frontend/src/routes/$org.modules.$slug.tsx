import { createFileRoute } from '@tanstack/react-router'
import { ModulePage } from '@/features/modules'

export const Route = createFileRoute('/$org/modules/$slug')({ component: ModulePage })
