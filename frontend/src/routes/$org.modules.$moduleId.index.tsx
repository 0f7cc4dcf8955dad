import { createFileRoute } from '@tanstack/react-router'
import { ModulePage, moduleSearch } from '@/features/modules'

export const Route = createFileRoute('/$org/modules/$moduleId/')({
  validateSearch: moduleSearch,
  component: ModulePage,
})
