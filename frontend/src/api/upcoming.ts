/** The part of the API that its document does not describe yet. */
import type { Client } from 'openapi-fetch'
import { api } from './client'

type Page<Row> = { results: Row[]; next: string | null; total: number }
type Answer<Body, Status extends number = 200> = {
  responses: { [Code in Status]: { headers: Record<string, unknown>; content: { 'application/json': Body } } }
}
type Taking<Body> = { requestBody: { content: { 'application/json': Body } } }
type Query<Parameters> = { parameters: { query?: Parameters } }
type Path<Parameters> = { parameters: { path: Parameters } }

export type EventType = {
  name: string
  description: string
  area: string
  subject: string
  schema: Record<string, unknown>
  in_feed: boolean
}
export type Actor = { kind: string; id: string; name?: string }
export type Subject = { kind: string; id: string }
export type FeedEvent = {
  id: string
  cursor: string
  type: string
  occurred_at: string
  actor: Actor
  subject: Subject
  data: Record<string, unknown>
  request_id: string
}

export type Attempt = { at: string; status_code: number | null; error: string; milliseconds: number }
export type Webhook = {
  id: string
  url: string
  description: string
  event_types: string[]
  status: 'enabled' | 'disabled'
  disabled_reason: '' | 'manual' | 'gone' | 'failing'
  disabled_at: string | null
  created_at: string
  created_by: string | null
  previous_secret_until: string | null
  pending: number
  delivered: number
  exhausted: number
  oldest_pending_at: string | null
  failing_since: string | null
  next_attempt_at: string | null
  last_attempt: Attempt | null
  last_success_at: string | null
}
export type NewWebhook = Webhook & { secret: string }
export type WebhookRequest = { url: string; description?: string; event_types?: string[] }
export type DeliveryStatus = 'pending' | 'delivered' | 'exhausted'
export type Delivery = {
  id: string
  webhook_id: string
  event_id: string
  event_type: string
  cursor: string | null
  status: DeliveryStatus
  reason: '' | 'attempts' | 'gone' | 'skipped' | 'expired'
  attempts: number
  next_attempt_at: string | null
  created_at: string
  finished_at: string | null
  last_attempt: Attempt | null
}
export type DeliveryDetail = Delivery & {
  payload: Record<string, unknown>
  log: (Attempt & { number: number; response_excerpt: string })[]
}
export type RotatedSecret = { secret: string; previous_secret_until: string | null }

export type AuditFilters = {
  action?: string
  area?: string
  actor_kind?: string
  actor_id?: string
  subject_kind?: string
  subject_id?: string
  request_id?: string
  ip?: string
  from?: string
  to?: string
  range?: string
}
export type AuditEntry = {
  position: number
  action: string
  actor: { kind: string; id: string; name: string }
  subject: Subject
  data: Record<string, unknown>
  request_id: string
  ip: string | null
  occurred_at: string
  recorded_at: string
  hash: string
}
export type AuditVerdict = {
  valid: boolean
  checked: number
  first_bad: { position: number; reason: string } | null
  head: { position: number; hash: string; signature: string; key_id: string; recorded_at: string } | null
  next: number | null
}

export type PlatformStatus = {
  status: 'operational' | 'degraded' | 'outage'
  components: {
    name: string
    status: 'operational' | 'degraded' | 'outage'
    consequence: string
    since: string | null
  }[]
  incidents: { component: string; status: string; started_at: string; ended_at: string | null }[]
  as_of: string
}

type Paths = {
  '/api/v1/events/types': { get: Answer<Page<EventType>> }
  '/api/v1/memory/stream': {
    get: { parameters: { header?: { 'Last-Event-ID'?: string } } } & Answer<unknown>
  }
  '/api/v1/webhooks': {
    get: Query<{ limit?: number; cursor?: string }> & Answer<Page<Webhook>>
    post: { parameters: { header?: { 'Idempotency-Key'?: string } } } & Taking<WebhookRequest> & Answer<NewWebhook, 201>
  }
  '/api/v1/webhooks/{webhook_id}': {
    get: Path<{ webhook_id: string }> & Answer<Webhook>
    patch: Path<{ webhook_id: string }> &
      Taking<Partial<WebhookRequest> & { status?: Webhook['status'] }> &
      Answer<Webhook>
    delete: Path<{ webhook_id: string }> & { responses: { 204: { headers: Record<string, unknown>; content?: never } } }
  }
  '/api/v1/webhooks/{webhook_id}/secret/rotate': {
    post: Path<{ webhook_id: string }> & Taking<{ overlap_hours: number }> & Answer<RotatedSecret>
  }
  '/api/v1/webhooks/{webhook_id}/test': { post: Path<{ webhook_id: string }> & Answer<Delivery, 201> }
  '/api/v1/webhooks/{webhook_id}/replay': {
    post: Path<{ webhook_id: string }> & Taking<{ since?: string }> & Answer<{ queued: number }, 202>
  }
  '/api/v1/webhooks/{webhook_id}/deliveries': {
    get: {
      parameters: {
        path: { webhook_id: string }
        query?: {
          status?: DeliveryStatus
          event_type?: string
          order?: 'asc' | 'desc'
          cursor?: string
          limit?: number
        }
      }
    } & Answer<Page<Delivery>>
  }
  '/api/v1/webhooks/deliveries/{delivery_id}': { get: Path<{ delivery_id: string }> & Answer<DeliveryDetail> }
  '/api/v1/webhooks/deliveries/{delivery_id}/replay': { post: Path<{ delivery_id: string }> & Answer<Delivery, 202> }
  '/api/v1/webhooks/deliveries/{delivery_id}/skip': { post: Path<{ delivery_id: string }> & Answer<Delivery> }
  '/api/v1/audit': { get: Query<AuditFilters & { cursor?: string; limit?: number }> & Answer<Page<AuditEntry>> }
  '/api/v1/audit/export': { get: Query<AuditFilters & { format: 'csv' | 'jsonl' }> & Answer<unknown> }
  '/api/v1/audit/verify': { post: Taking<{ after: number }> & Answer<AuditVerdict> }
  '/api/v1/status': { get: Answer<PlatformStatus> }
}

export const upcoming = api as unknown as Client<Paths>
