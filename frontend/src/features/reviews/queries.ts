import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import { answerOf, api, type Schemas } from '@/api/client'
import { useFailed } from '@/components/plan-limit'
import { toast } from '@/components/toast'
import { useOrg } from '@/hooks/use-account'

export type Review = Schemas['ReviewOutput']
export type ReviewSummary = Schemas['ReviewSummaryOutput']
export type Digest = Schemas['DigestOutput']
export type Decision = { id: string; decision: 'accept' | 'merge' | 'dismiss'; keep?: string }

const PAGE_SIZE = 25
const ITEMS = 10
const DAY_MS = 24 * 3600 * 1000

/** The pairs to decide about, the latest first. */
export function reviewsQuery(org: string) {
  return infiniteQueryOptions({
    queryKey: [org, 'reviews', 'list'],
    queryFn: ({ pageParam, signal }) =>
      answerOf(
        api.GET('/api/v1/memory/reviews', {
          params: { query: { limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
  })
}

export function reviewQuery(org: string, reviewId: string) {
  return queryOptions({
    queryKey: [org, 'reviews', 'one', reviewId],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/v1/memory/reviews/{review_id}', { params: { path: { review_id: reviewId } }, signal })),
  })
}

/** What changed in so many days until now. */
export function digestQuery(org: string, days: number) {
  return queryOptions({
    queryKey: [org, 'reviews', 'digest', days],
    queryFn: ({ signal }) => {
      const since = new Date(Date.now() - days * DAY_MS).toISOString()
      return answerOf(api.GET('/api/v1/memory/digest', { params: { query: { since, limit: ITEMS } }, signal }))
    },
  })
}

/** `onDecided` leaves the pair: what is read anew afterwards takes its choices away. */
export function useDecide(onDecided: () => void) {
  const t = useTranslations('reviews.decided')
  const failed = useFailed()
  const org = useOrg()
  const client = useQueryClient()
  // What is found, listed and counted is another thing now.
  const onSettled = () => client.invalidateQueries({ queryKey: [org] })

  const undo = useMutation({
    mutationFn: (id: string) =>
      answerOf(api.POST('/api/v1/memory/reviews/{review_id}/undo', { params: { path: { review_id: id } } })),
    onSuccess: () => toast.done(t('undone')),
    onError: (error) => failed(error, (reason) => t('undoFailed', { reason })),
    onSettled,
  })

  return useMutation({
    mutationFn: ({ id, ...body }: Decision) =>
      answerOf(api.POST('/api/v1/memory/reviews/{review_id}/decide', { params: { path: { review_id: id } }, body })),
    onSuccess: ({ status, review_id }) => {
      onDecided()
      const text = status === 'dismissed' ? t('dismissed') : status === 'merged' ? t('merged') : t('accepted')
      toast.done(text, { label: t('undo'), run: () => undo.mutate(review_id) })
    },
    onError: (error) => failed(error, (reason) => t('failed', { reason })),
    onSettled,
  })
}
