import { createFileRoute } from '@tanstack/react-router'
import { MemoryPage } from '@/features/memories'

export const Route = createFileRoute('/$org/memories/$memoryId')({ component: MemoryPage })
