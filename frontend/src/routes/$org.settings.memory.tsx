import { createFileRoute } from '@tanstack/react-router'
import { MemorySettingsPage } from '@/features/memory-settings'

export const Route = createFileRoute('/$org/settings/memory')({ component: MemorySettingsPage })
