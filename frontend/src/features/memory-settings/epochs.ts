import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answerOf, api, type Schemas } from '@/api/client'
import { useOrg } from '@/hooks/use-account'

export type Epoch = Schemas['EpochOutput']
export type EmbeddingModel = Schemas['EmbeddingModelOutput']

// How often one looks how far a model has come.
const LOOK_MS = 1000

/** The embedding models that have read the memory, or are at it, and those that there are. */
export function epochsQuery(org: string) {
  return queryOptions({
    queryKey: [org, 'epochs'],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/memory/epochs', { signal })),
    refetchInterval: ({ state }) => (state.data?.results.some((epoch) => epoch.status === 'filling') ? LOOK_MS : false),
  })
}

export type Step = { kind: 'start'; model: string } | { kind: 'switch' | 'drop'; epoch: Epoch }

/** Has a model read the memory, answer, or go. */
export function useEpochStep() {
  const org = useOrg()
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (step: Step): Promise<void> => {
      if (step.kind === 'start') {
        await answerOf(api.POST('/api/v1/memory/epochs', { body: { model: step.model } }))
      } else {
        const params = { path: { epoch_id: step.epoch.epoch_id } }
        if (step.kind === 'switch') await answerOf(api.POST('/api/v1/memory/epochs/{epoch_id}/switch', { params }))
        else await answerOf(api.DELETE('/api/v1/memory/epochs/{epoch_id}', { params }))
      }
    },
    // Whatever was found by the former model is to be found anew.
    onSuccess: () => void client.invalidateQueries({ queryKey: [org] }),
  })
}
