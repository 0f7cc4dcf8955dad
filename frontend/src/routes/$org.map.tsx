import { createFileRoute } from '@tanstack/react-router'
import { MapPage, mapSearch } from '@/features/map'

export const Route = createFileRoute('/$org/map')({ validateSearch: mapSearch, component: MapPage })
