import { useMutation } from '@tanstack/react-query'
import { answerOf, api } from '@/api/client'
import { closeSession } from '@/api/session'

/** Ends the session here and on the server. */
export function useSignOut(onFailed: () => void) {
  return useMutation({
    mutationFn: () => answerOf(api.POST('/api/v1/auth/logout', { body: { everywhere: false } })),
    onSuccess: closeSession,
    onError: onFailed,
  })
}
