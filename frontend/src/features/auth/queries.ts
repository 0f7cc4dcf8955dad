import { queryOptions, useMutation } from '@tanstack/react-query'
import { answerOf, api, type Schemas } from '@/api/client'
import { openSession } from '@/api/session'
import { givePasskey } from '@/lib/webauthn'

export const providersQuery = queryOptions({
  queryKey: ['providers'],
  queryFn: ({ signal }) => answerOf(api.GET('/api/v1/auth/oauth', { signal })),
  staleTime: 600_000,
})

/** Signs in by a passkey alone: the device asks which account. */
export function usePasskeySignIn() {
  return useMutation({
    mutationFn: async () => {
      const { challenge_id, options } = await answerOf(api.POST('/api/v1/auth/passkey/options'))
      const credential = await givePasskey(options)
      const { access } = await answerOf(
        api.POST('/api/v1/auth/passkey', { body: { challenge_id, credential, use_cookie: true } }),
      )
      openSession(access)
    },
  })
}

/** The second step of a sign-in: a code, or with none a passkey. */
export function useSecondStep(mfaToken: string) {
  return useMutation({
    mutationFn: async (code: string | null) => {
      const proof =
        code === null
          ? {
              credential: await givePasskey(
                (await answerOf(api.POST('/api/v1/auth/mfa/passkey/options', { body: { mfa_token: mfaToken } })))
                  .options,
              ),
            }
          : { code }
      const { access } = await answerOf(
        api.POST('/api/v1/auth/mfa/verify', { body: { mfa_token: mfaToken, ...proof, use_cookie: true } }),
      )
      openSession(access)
    },
  })
}

/** Proves once more who one is: by password or code, or with neither by a passkey. */
export function useProve() {
  return useMutation({
    mutationFn: async (given: { password: string } | { code: string } | null) => {
      let proof: Partial<Schemas['ReauthenticateInputRequest']>
      if (given) proof = given
      else {
        const { challenge_id, options } = await answerOf(api.POST('/api/v1/auth/reauthenticate/options'))
        proof = { challenge_id, credential: await givePasskey(options) }
      }
      // The document asks a challenge of everybody; only passkeys have one.
      const body = { ...proof, use_cookie: true } as Schemas['ReauthenticateInputRequest']
      const { access } = await answerOf(api.POST('/api/v1/auth/reauthenticate', { body }))
      openSession(access)
    },
  })
}

export function invitationQuery(key: string) {
  return queryOptions({
    queryKey: ['invitation', key],
    queryFn: ({ signal }) => answerOf(api.POST('/api/v1/invitations/look', { body: { key }, signal })),
    staleTime: 60_000,
  })
}

export function useAcceptInvitation(key: string) {
  return useMutation({
    mutationFn: async (account: { password: string; name?: string } | null) => {
      const { access } = await answerOf(
        api.POST('/api/v1/invitations/accept', { body: { key, ...account, use_cookie: true } }),
      )
      openSession(access)
    },
  })
}
