import { infiniteQueryOptions, keepPreviousData, useMutation } from '@tanstack/react-query'
import { answerOf, api, type Schemas } from '@/api/client'
import type { operations } from '@/api/schema'

export type AuditEntry = Schemas['AuditEntryOutput']
export type AuditVerdict = Schemas['VerificationOutput']
export type AuditFilters = Omit<NonNullable<operations['audit_retrieve']['parameters']['query']>, 'cursor' | 'limit'>

const PAGE_SIZE = 50

/** The newest first. */
export function auditQuery(org: string, conditions: AuditFilters) {
  return infiniteQueryOptions({
    queryKey: [org, 'audit', conditions],
    queryFn: ({ pageParam, signal }) =>
      answerOf(
        api.GET('/api/v1/audit', {
          params: { query: { ...conditions, limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  })
}

export type Format = 'csv' | 'jsonl'

export async function exportAudit(conditions: AuditFilters, format: Format): Promise<Blob> {
  const { response } = await api.GET('/api/v1/audit/export', {
    params: { query: { ...conditions, format } },
    parseAs: 'stream',
  })
  return response.blob()
}

/** Has the whole log verified, part by part; stops at the first entry that is not as it was written. */
export function useVerify(onProgress: (checked: number) => void) {
  return useMutation({
    mutationFn: async (): Promise<AuditVerdict> => {
      let checked = 0
      let after = 0
      for (;;) {
        const verdict = await answerOf(api.POST('/api/v1/audit/verify', { body: { after } }))
        checked += verdict.checked
        if (!verdict.valid || verdict.next === null) return { ...verdict, checked }
        onProgress(checked)
        after = verdict.next
      }
    },
  })
}
