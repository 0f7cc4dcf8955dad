import { createFileRoute } from '@tanstack/react-router'
import { ConceptsPage, conceptsSearch } from '@/features/concepts'

export const Route = createFileRoute('/$org/concepts')({ validateSearch: conceptsSearch, component: ConceptsPage })
