import type { Schemas } from '@/api/client'

type AuditEntry = Schemas['AuditEntryOutput']
type Delivery = Schemas['DeliveryOutput']
type EventType = Schemas['EventTypeOutput']
type Webhook = Schemas['WebhookOutput']

export function eventType(name: string, description: string, changes: Partial<EventType> = {}): EventType {
  return { name, description, area: name.split('.')[0] ?? '', schema: {}, in_feed: true, ...changes }
}

export const EVENT_TYPES = [
  eventType('memory.stored', 'A text was remembered.'),
  eventType('memory.trashed', 'A memory was moved to the trash.'),
  eventType('member.joined', 'A person became a member.'),
  eventType('sign_in.failed', 'A sign-in was refused.', { in_feed: false }),
]

export const WEBHOOK_ID = '0192f3c1-6a2b-7c00-8000-00000000000a'

export function webhook(changes: Partial<Webhook> = {}): Webhook {
  return {
    id: WEBHOOK_ID,
    url: 'https://hooks.example.com/lift',
    description: 'Warehouse',
    event_types: [],
    status: 'enabled',
    disabled_reason: '',
    disabled_at: null,
    created_at: '2026-11-01T10:00:00Z',
    created_by: null,
    previous_secret_until: null,
    pending: 0,
    delivered: 12,
    exhausted: 0,
    oldest_pending_at: null,
    first_pending: null,
    failing_since: null,
    next_attempt_at: null,
    last_attempt: null,
    last_success_at: null,
    ...changes,
  }
}

export function delivery(number: number, changes: Partial<Delivery> = {}): Delivery {
  return {
    id: `0192f3c1-6a2b-7c00-8000-${String(number).padStart(12, '0')}`,
    webhook_id: WEBHOOK_ID,
    event_id: `0192f3c1-6a2b-7c00-9000-${String(number).padStart(12, '0')}`,
    event_type: 'memory.stored',
    cursor: String(number),
    status: 'delivered',
    reason: '',
    attempts: 1,
    next_attempt_at: null,
    created_at: '2026-11-28T10:00:00Z',
    finished_at: '2026-11-28T10:00:01Z',
    last_attempt: { at: '2026-11-28T10:00:01Z', status_code: 204, error: '', milliseconds: 12 },
    ...changes,
  }
}

export function auditEntry(position: number, changes: Partial<AuditEntry> = {}): AuditEntry {
  return {
    position,
    action: 'memory.stored',
    actor: { kind: 'user', id: '0192f3c1-6a2b-7c00-8000-000000000001', name: 'Ada' },
    subject: { kind: 'memory', id: `01926c3e-6a2b-7c00-8000-${String(position).padStart(12, '0')}` },
    data: { memory_type: 'note', module: '', revision: 1 },
    request_id: `request-${position}`,
    ip: '203.0.113.7',
    occurred_at: '2026-11-28T10:00:00Z',
    recorded_at: '2026-11-28T10:00:00Z',
    hash: 'ab'.repeat(32),
    ...changes,
  }
}
