import type { Schemas } from '@/api/client'

export function memory(number: number): Schemas['MemoryOutput'] {
  return {
    memory_id: `01926c3e-6a2b-7c00-8000-${String(number).padStart(12, '0')}`,
    content: `Memory ${number}`,
    memory_type: 'note',
    metadata: {},
    module: null,
    source: null,
    external_id: null,
    occurred_at: '2026-11-20T10:00:00Z',
    occurred_end: null,
    recorded_at: '2026-11-20T10:00:00Z',
    revision: 1,
    revised_at: '2026-11-20T10:00:00Z',
    expires_at: null,
    deleted_at: null,
    superseded_by: null,
    superseded_at: null,
    archived_at: null,
    is_stub: false,
    file: null,
    access_via: 'organization',
    grant_id: null,
  }
}
