import { createFileRoute } from '@tanstack/react-router'
import { MemoriesPage, memoriesSearch } from '@/features/memories'

export const Route = createFileRoute('/$org/memories/')({ validateSearch: memoriesSearch, component: MemoriesPage })
