import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answerOf, api, type Schemas } from '@/api/client'
import type { operations } from '@/api/schema'
import { useOrg } from '@/hooks/use-account'

export type Webhook = Schemas['WebhookOutput']
/** An endpoint with its secret, which is told this once. */
export type NewWebhook = Schemas['WebhookMadeOutput']
export type WebhookRequest = Schemas['WebhookInputRequest']
export type RotatedSecret = Schemas['SecretOutput']
export type Attempt = Schemas['AttemptOutput']
export type Delivery = Schemas['DeliveryOutput']
export type DeliveryDetail = Schemas['DeliveryDetailOutput']

const PAGE_SIZE = 50
// How soon what is on its way is asked for again, while one looks at it.
const WAITING_MS = 2000
const STANDING_MS = 10_000

export function webhooksQuery(org: string) {
  return infiniteQueryOptions({
    queryKey: [org, 'webhooks', 'list'],
    queryFn: ({ pageParam, signal }) =>
      answerOf(
        api.GET('/api/v1/webhooks', {
          params: { query: { limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
    refetchInterval: STANDING_MS,
  })
}

export function webhookQuery(org: string, webhookId: string) {
  return queryOptions({
    queryKey: [org, 'webhooks', 'one', webhookId],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/v1/webhooks/{webhook_id}', { params: { path: { webhook_id: webhookId } }, signal })),
    refetchInterval: ({ state }) => (state.data?.pending ? WAITING_MS : STANDING_MS),
  })
}

type Conditions = NonNullable<operations['webhooks_deliveries_list']['parameters']['query']>
export type DeliveryConditions = { status?: Conditions['status']; event_type?: string | undefined }

/** The newest first. */
export function deliveriesQuery(org: string, webhookId: string, { status, event_type }: DeliveryConditions) {
  // The catalogue may know more types than this build.
  const given = {
    ...(status && { status }),
    ...(event_type && { event_type: event_type as NonNullable<Conditions['event_type']> }),
  }
  return infiniteQueryOptions({
    queryKey: [org, 'webhooks', 'deliveries', webhookId, given],
    queryFn: ({ pageParam, signal }) =>
      answerOf(
        api.GET('/api/v1/webhooks/{webhook_id}/deliveries', {
          params: {
            path: { webhook_id: webhookId },
            query: { ...given, limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
  })
}

export function deliveryQuery(org: string, deliveryId: string) {
  return queryOptions({
    queryKey: [org, 'webhooks', 'delivery', deliveryId],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/api/v1/webhooks/deliveries/{delivery_id}', { params: { path: { delivery_id: deliveryId } }, signal }),
      ),
    refetchInterval: ({ state }) => (state.data?.status === 'pending' ? WAITING_MS : false),
  })
}

function useWebhookMutation<Given, Answer>(change: (given: Given) => Promise<Answer>) {
  const org = useOrg()
  const client = useQueryClient()
  return useMutation({
    mutationFn: change,
    // Secrets are not kept longer than what shows them.
    gcTime: 0,
    onSettled: () => client.invalidateQueries({ queryKey: [org, 'webhooks'] }),
  })
}

export function useCreateWebhook() {
  return useWebhookMutation((body: WebhookRequest) => answerOf(api.POST('/api/v1/webhooks', { body })))
}

export function useChangeWebhook(webhookId: string) {
  return useWebhookMutation((body: Partial<WebhookRequest> & { status?: Webhook['status'] }) =>
    answerOf(api.PATCH('/api/v1/webhooks/{webhook_id}', { params: { path: { webhook_id: webhookId } }, body })),
  )
}

/** Whoever calls this leaves the page: its queries would ask for what is gone. */
export function useDeleteWebhook(webhookId: string) {
  const org = useOrg()
  const client = useQueryClient()
  return useMutation({
    mutationFn: () =>
      answerOf(api.DELETE('/api/v1/webhooks/{webhook_id}', { params: { path: { webhook_id: webhookId } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: webhooksQuery(org).queryKey }),
  })
}

export function useRotateSecret(webhookId: string) {
  return useWebhookMutation((overlap_hours: number) =>
    answerOf(
      api.POST('/api/v1/webhooks/{webhook_id}/secret/rotate', {
        params: { path: { webhook_id: webhookId } },
        body: { overlap_hours },
      }),
    ),
  )
}

export function useTestWebhook(webhookId: string) {
  return useWebhookMutation(() =>
    answerOf(api.POST('/api/v1/webhooks/{webhook_id}/test', { params: { path: { webhook_id: webhookId } } })),
  )
}

export function useReplayAll(webhookId: string) {
  return useWebhookMutation((since: string | undefined) =>
    answerOf(
      api.POST('/api/v1/webhooks/{webhook_id}/replay', {
        params: { path: { webhook_id: webhookId } },
        body: { ...(since && { since }) },
      }),
    ),
  )
}

export function useReplay() {
  return useWebhookMutation((deliveryId: string) =>
    answerOf(
      api.POST('/api/v1/webhooks/deliveries/{delivery_id}/replay', { params: { path: { delivery_id: deliveryId } } }),
    ),
  )
}

export function useSkip() {
  return useWebhookMutation((deliveryId: string) =>
    answerOf(
      api.POST('/api/v1/webhooks/deliveries/{delivery_id}/skip', { params: { path: { delivery_id: deliveryId } } }),
    ),
  )
}
