import { createFileRoute } from '@tanstack/react-router'
import { SearchPage, searchSearch } from '@/features/search'

export const Route = createFileRoute('/$org/search')({ validateSearch: searchSearch, component: SearchPage })
