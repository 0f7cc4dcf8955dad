import { createFileRoute } from '@tanstack/react-router'
import { ReviewPage, reviewSearch } from '@/features/reviews'
import { loadMessages } from '@/i18n/locale'

export const Route = createFileRoute('/$org/review')({
  validateSearch: reviewSearch,
  loader: () => loadMessages('reviews'),
  component: ReviewPage,
})
