import { createFileRoute } from '@tanstack/react-router'
import { GraphPage, graphSearch } from '@/features/graph'

export const Route = createFileRoute('/$org/graph')({ validateSearch: graphSearch, component: GraphPage })
