import { createFileRoute } from '@tanstack/react-router'
import { OverviewPage, overviewSearch } from '@/features/insights'

export const Route = createFileRoute('/$org/')({ validateSearch: overviewSearch, component: OverviewPage })
