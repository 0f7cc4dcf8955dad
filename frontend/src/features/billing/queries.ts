import {
  infiniteQueryOptions,
  keepPreviousData,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query'
import { answerOf, api } from '@/api/client'
import { useOrg, useRereadAccount } from '@/hooks/use-account'
import type { Group, Meter } from './filters'
import type { BillingSettings, Choice, Subscription } from './types'

const PAGE_SIZE = 50
// What stands among other things.
const FEW = 10
// Usage goes on while a page is open.
const QUOTAS_MS = 60_000

export function plansQuery(org: string) {
  return queryOptions({
    queryKey: [org, 'billing', 'plans'],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/billing/plans', { signal })),
  })
}

export function subscriptionQuery(org: string) {
  return queryOptions({
    queryKey: [org, 'billing', 'subscription'],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/billing/subscription', { signal })),
  })
}

export function quotasQuery(org: string) {
  return queryOptions({
    queryKey: [org, 'billing', 'quotas'],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/billing/quotas', { signal })),
    refetchInterval: QUOTAS_MS,
  })
}

export type Span = { from: string; to: string }

export function usageQuery(org: string, span: Span, group_by: Group, meter: Meter | undefined) {
  const query = { ...span, group_by, ...(meter && { meter }) }
  return queryOptions({
    queryKey: [org, 'billing', 'usage', query],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/billing/usage', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  })
}

export type LedgerConditions = {
  from?: string | undefined
  to?: string | undefined
  meter?: Meter | undefined
  module?: string | undefined
  operation?: string | undefined
  user_id?: string | undefined
}

export function ledgerQuery(org: string, conditions: LedgerConditions) {
  const given = Object.fromEntries(Object.entries(conditions).filter(([, value]) => value !== undefined))
  return infiniteQueryOptions({
    queryKey: [org, 'billing', 'ledger', given],
    queryFn: ({ pageParam, signal }) =>
      answerOf(
        api.GET('/api/v1/billing/usage/events', {
          params: { query: { ...given, limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
  })
}

export function invoicesQuery(org: string) {
  return infiniteQueryOptions({
    queryKey: [org, 'billing', 'invoices'],
    queryFn: ({ pageParam, signal }) =>
      answerOf(
        api.GET('/api/v1/billing/invoices', {
          params: { query: { limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
  })
}

export function invoiceQuery(org: string, invoiceId: string) {
  return queryOptions({
    queryKey: [org, 'billing', 'invoice', invoiceId],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/api/v1/billing/invoices/{invoice_id}', { params: { path: { invoice_id: invoiceId } }, signal }),
      ),
  })
}

export function alertsQuery(org: string) {
  return infiniteQueryOptions({
    queryKey: [org, 'billing', 'alerts'],
    queryFn: ({ pageParam, signal }) =>
      answerOf(
        api.GET('/api/v1/billing/alerts', {
          params: { query: { limit: FEW, ...(pageParam && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
  })
}

export function reconciliationQuery(org: string) {
  return queryOptions({
    queryKey: [org, 'billing', 'reconciliation'],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/billing/reconciliation', { signal })),
  })
}

/** What is set, with the mark of its state: saving says which state was seen. */
export function settingsQuery(org: string) {
  return queryOptions({
    queryKey: [org, 'billing', 'settings'],
    queryFn: ({ signal }) => settingsOf(api.GET('/api/v1/billing/settings', { signal })),
  })
}

async function settingsOf(call: Promise<{ data?: BillingSettings; response: Response }>) {
  const { data, response } = await call
  // A proxy that compresses an answer makes its mark a weak one; `If-Match` takes strong ones.
  return { ...(data as BillingSettings), etag: response.headers.get('ETag')?.replace(/^W\//, '') }
}
export type KeptSettings = Awaited<ReturnType<typeof settingsOf>>

export function useSaveSettings(onDone: () => void) {
  const org = useOrg()
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ etag, body }: { etag: string | undefined; body: Partial<BillingSettings> }) =>
      settingsOf(
        api.PATCH('/api/v1/billing/settings', { params: { header: { ...(etag && { 'If-Match': etag }) } }, body }),
      ),
    onSuccess: (settings) => {
      onDone()
      client.setQueryData(settingsQuery(org).queryKey, settings)
    },
  })
}

/** The usage of a span as a table for other programs. */
export async function exportUsage(span: Span): Promise<Blob> {
  const { response } = await api.GET('/api/v1/billing/usage/export', { params: { query: span }, parseAs: 'stream' })
  return response.blob()
}

/** Where one pays, or sees what Stripe keeps: pages of theirs, which take the place of ours. */
export function useCheckout() {
  return useMutation({
    mutationFn: (body: Choice) =>
      answerOf(api.POST('/api/v1/billing/checkout', { body: { ...body, promotion_code: '' } })),
    onSuccess: ({ url }) => window.location.assign(url),
  })
}

export function usePortal() {
  return useMutation({
    mutationFn: () => answerOf(api.POST('/api/v1/billing/portal')),
    onSuccess: ({ url }) => window.location.assign(url),
  })
}

export function previewQuery(org: string, choice: Choice) {
  return queryOptions({
    queryKey: [org, 'billing', 'preview', choice],
    queryFn: ({ signal }) => answerOf(api.POST('/api/v1/billing/subscription/preview', { body: choice, signal })),
    // Proration counts by the second.
    staleTime: 0,
    gcTime: 0,
  })
}

/** Keeps what a change has answered, and reads anew what follows from the plan: limits, rights, what the frame shows. */
export function useTakeSubscription() {
  const org = useOrg()
  const client = useQueryClient()
  const reread = useRereadAccount()
  return async (subscription: Subscription) => {
    client.setQueryData(subscriptionQuery(org).queryKey, subscription)
    void client.invalidateQueries({
      queryKey: [org, 'billing'],
      predicate: ({ queryKey }) => !['subscription', 'plans', 'preview', 'checkout'].includes(String(queryKey[2])),
    })
    await reread()
  }
}

function useSubscriptionMutation<Given>(change: (given: Given) => Promise<Subscription>, onDone: () => void) {
  const take = useTakeSubscription()
  return useMutation({
    mutationFn: change,
    // Here and not by the caller, whose place may be taken by what the new plan shows.
    onSuccess: async (subscription) => {
      onDone()
      await take(subscription)
    },
  })
}

export function useChangePlan(onDone: () => void) {
  return useSubscriptionMutation(
    (body: Choice) => answerOf(api.POST('/api/v1/billing/subscription/change', { body })),
    onDone,
  )
}

export function useCancel(onDone: () => void) {
  return useSubscriptionMutation(() => answerOf(api.POST('/api/v1/billing/subscription/cancel')), onDone)
}

export function useResume(onDone: () => void) {
  return useSubscriptionMutation(() => answerOf(api.POST('/api/v1/billing/subscription/resume')), onDone)
}

/** Asks Stripe for the present state. */
export function refreshSubscription() {
  return answerOf(api.POST('/api/v1/billing/subscription/refresh'))
}
