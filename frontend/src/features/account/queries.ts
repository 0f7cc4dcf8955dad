import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { accountQuery } from '@/api/account'
import { answerOf, api, type Schemas } from '@/api/client'
import { openSession } from '@/api/session'
import { useRereadAccount } from '@/hooks/use-account'
import { makePasskey } from '@/lib/webauthn'

export type OauthLink = Schemas['IdentityOutput']
export type Factors = Schemas['EnrolledFactorsOutput']
export type Passkey = Schemas['PasskeyOutput']
export type Session = Schemas['SessionOutput']

// All below the account's own key: what one person read goes with them.
const KEY = accountQuery.queryKey[0]

export const factorsQuery = queryOptions({
  queryKey: [KEY, 'factors'],
  queryFn: ({ signal }) => answerOf(api.GET('/api/v1/auth/mfa', { signal })),
})

export const sessionsQuery = queryOptions({
  queryKey: [KEY, 'sessions'],
  queryFn: ({ signal }) => answerOf(api.GET('/api/v1/auth/sessions', { params: { query: { limit: 100 } }, signal })),
})

export const linksQuery = queryOptions({
  queryKey: [KEY, 'links'],
  queryFn: ({ signal }) => answerOf(api.GET('/api/v1/auth/oauth/links', { signal })),
})

/** A change of the account, which the frame shows, too. */
function useAccountMutation<Given, Answer>(change: (given: Given) => Promise<Answer>) {
  const reread = useRereadAccount()
  return useMutation({ mutationFn: change, onSuccess: reread })
}

export function useSetName(onDone: () => void) {
  const reread = useRereadAccount()
  return useMutation({
    mutationFn: (name: string) => answerOf(api.PATCH('/api/v1/auth/me', { body: { name } })),
    // Here and not by the caller, who begins anew with the new name.
    onSuccess: () => {
      onDone()
      return reread()
    },
  })
}

export function useResendVerification() {
  return useMutation({ mutationFn: () => answerOf(api.POST('/api/v1/auth/email/verify/resend')) })
}

export function useChangePassword() {
  return useAccountMutation(async (body: { current_password?: string; password: string }) => {
    const { access } = await answerOf(api.POST('/api/v1/auth/password/change', { body: { ...body, use_cookie: true } }))
    openSession(access)
  })
}

export function useChangeEmail() {
  return useAccountMutation((email: string) => answerOf(api.POST('/api/v1/auth/email/change', { body: { email } })))
}

export function useDeleteAccount() {
  return useMutation({
    mutationFn: (confirm: string) => answerOf(api.POST('/api/v1/auth/me/delete', { body: { confirm } })),
  })
}

/** Ends one session, or all but this one. */
export function useEndSessions() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (ids: string[]) => {
      for (const id of ids)
        await answerOf(api.DELETE('/api/v1/auth/sessions/{session_id}', { params: { path: { session_id: id } } }))
    },
    onSettled: () => client.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  })
}

/** A change of what one signs in with. */
function useFactorMutation<Given, Answer>(change: (given: Given) => Promise<Answer>) {
  const client = useQueryClient()
  const reread = useRereadAccount()
  return useMutation({
    mutationFn: change,
    // Secrets and codes are not kept longer than what shows them.
    gcTime: 0,
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: factorsQuery.queryKey })
      await reread()
    },
  })
}

export function useBeginTotp() {
  return useMutation({ mutationFn: () => answerOf(api.POST('/api/v1/auth/mfa/totp')), gcTime: 0 })
}

// During enrolment the frame must not change before the recovery codes have been seen: these two leave it as it is.
export function useActivateTotp() {
  return useMutation({
    mutationFn: (body: { setup_token: string; code: string }) =>
      answerOf(api.POST('/api/v1/auth/mfa/totp/activate', { body })),
    gcTime: 0,
  })
}

export function useAddPasskey() {
  return useMutation({
    mutationFn: async (name: string) => {
      const { challenge_id, options } = await answerOf(api.POST('/api/v1/auth/mfa/passkeys/options'))
      const credential = await makePasskey(options)
      return answerOf(api.POST('/api/v1/auth/mfa/passkeys', { body: { challenge_id, name, credential } }))
    },
    gcTime: 0,
  })
}

export function useRereadFactors() {
  const client = useQueryClient()
  const reread = useRereadAccount()
  return async () => {
    await client.invalidateQueries({ queryKey: factorsQuery.queryKey })
    await reread()
  }
}

export function useRemoveTotp() {
  return useFactorMutation(() => answerOf(api.DELETE('/api/v1/auth/mfa/totp')))
}

export function useRenamePasskey() {
  return useFactorMutation(({ id, name }: { id: string; name: string }) =>
    answerOf(
      api.PATCH('/api/v1/auth/mfa/passkeys/{passkey_id}', { params: { path: { passkey_id: id } }, body: { name } }),
    ),
  )
}

export function useRemovePasskey() {
  return useFactorMutation((id: string) =>
    answerOf(api.DELETE('/api/v1/auth/mfa/passkeys/{passkey_id}', { params: { path: { passkey_id: id } } })),
  )
}

export function useNewRecoveryCodes() {
  return useFactorMutation(() => answerOf(api.POST('/api/v1/auth/mfa/recovery-codes')))
}

/** Leads away, to the provider, and back to `next`. */
export function useLink() {
  return useMutation({
    mutationFn: async ({ provider, next }: { provider: string; next: string }) => {
      const { authorization_url } = await answerOf(
        api.POST('/api/v1/auth/oauth/{provider}/link', { params: { path: { provider } }, body: { next } }),
      )
      window.location.assign(authorization_url)
    },
  })
}

export function useUnlink() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) =>
      answerOf(api.DELETE('/api/v1/auth/oauth/links/{identity_id}', { params: { path: { identity_id: id } } })),
    onSettled: () => client.invalidateQueries({ queryKey: linksQuery.queryKey }),
  })
}
