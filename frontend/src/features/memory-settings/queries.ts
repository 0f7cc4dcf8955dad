import { useMutation, useQueryClient } from '@tanstack/react-query'
import { answerOf, api, type Schemas } from '@/api/client'
import { contextQuery } from '@/features/concepts'
import { useOrg } from '@/hooks/use-account'

export type ContextChange = Schemas['PatchedContextPatchRequest']

/** Changes domain or dimensions: every memory is placed anew, so everything that was read of them is read again. */
export function useChangeContext() {
  const org = useOrg()
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: ContextChange) => answerOf(api.PATCH('/api/v1/memory/context', { body })),
    onSuccess: (context) => client.setQueryData(contextQuery(org).queryKey, context),
    onSettled: () => client.invalidateQueries({ queryKey: [org] }),
  })
}
