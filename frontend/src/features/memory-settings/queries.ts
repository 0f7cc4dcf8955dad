import { useMutation, useQueryClient } from '@tanstack/react-query'
import { answerOf, api, type Schemas } from '@/api/client'
import { contextQuery } from '@/features/concepts'
import { useOrg } from '@/hooks/use-account'

export type Context = Schemas['ContextOutput']
export type Change = Schemas['PatchedContextPatchRequest']

/** Changes what memories are compared by. The answer comes when every memory stands where it belongs now. */
export function useChangeContext() {
  const org = useOrg()
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: Change) => answerOf(api.PATCH('/api/v1/memory/context', { body })),
    onSuccess: (context) => {
      client.setQueryData(contextQuery(org).queryKey, context)
      void client.invalidateQueries({ queryKey: [org] })
    },
  })
}
