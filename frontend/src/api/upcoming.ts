/** Calls whose end of the server is being written: their types stand here until the API's document has them. */
import type { components } from './schema'

type S = components['schemas']
type Page<Row> = { results: Row[]; next: string | null; total: number }
type Op<Answer, Body = never, Query = never, Path = never> = {
  parameters: {
    query?: Query
    header?: never
    path: Path
    cookie?: never
  }
  requestBody?: [Body] extends [never] ? never : { content: { 'application/json': Body } }
  responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': Answer } } }
}
type Plain<Answer, Body = never, Query = never> = Omit<Op<Answer, Body, Query>, 'parameters'> & {
  parameters: { query?: Query; header?: never; path?: never; cookie?: never }
}
type Id = { id: string }

// What a browser's WebAuthn calls take and give, in JSON form.
type Options = Record<string, unknown>
export type Credential = Record<string, unknown>
export type Passkey = { id: string; name: string; created_at: string; last_used_at: string | null }
export type Factors = {
  totp: { created_at: string; last_used_at: string | null } | null
  passkeys: Passkey[]
  recovery_codes: { unused: number; created_at: string } | null
}
export type OauthLink = { id: string; provider: string; name: string; email: string; linked_at: string }
export type Proof = { password?: string; code?: string; challenge_id?: string; credential?: Credential }
export type Tokens = S['TokensOutput']

export interface UpcomingPaths {
  '/api/v1/auth/reauthenticate': { post: Plain<Tokens, Proof & { use_cookie: boolean }> }
  '/api/v1/auth/mfa/verify': {
    post: Plain<Tokens, { mfa_token: string; code?: string; credential?: Credential; use_cookie: boolean }>
  }
  '/api/v1/auth/mfa/passkey/options': { post: Plain<{ options: Options }, { mfa_token: string }> }
  '/api/v1/auth/mfa': { get: Plain<Factors> }
  '/api/v1/auth/mfa/totp': {
    post: Plain<{ secret: string; uri: string; setup_token: string }>
    delete: Plain<undefined>
  }
  '/api/v1/auth/mfa/totp/activate': {
    post: Plain<{ recovery_codes: string[] | null }, { setup_token: string; code: string }>
  }
  '/api/v1/auth/mfa/passkeys/options': { post: Plain<{ challenge_id: string; options: Options }> }
  '/api/v1/auth/mfa/passkeys': {
    post: Plain<
      { passkey: Passkey; recovery_codes: string[] | null },
      { challenge_id: string; name: string; credential: Credential }
    >
  }
  '/api/v1/auth/mfa/passkeys/{id}': {
    patch: Op<Passkey, { name: string }, never, Id>
    delete: Op<undefined, never, never, Id>
  }
  '/api/v1/auth/mfa/recovery-codes': { post: Plain<{ recovery_codes: string[] }> }
  '/api/v1/auth/passkey/options': { post: Plain<{ challenge_id: string; options: Options }> }
  '/api/v1/auth/passkey': { post: Plain<Tokens, { challenge_id: string; credential: Credential; use_cookie: boolean }> }
  '/api/v1/auth/oauth': { get: Plain<{ results: { id: string; name: string }[] }> }
  '/api/v1/auth/oauth/signup': {
    post: Plain<S['SignupOutput'], { token: string; org_name: string; name?: string; use_cookie: boolean }>
  }
  '/api/v1/auth/oauth/{provider}/link': {
    post: Op<{ authorization_url: string }, { next: string }, never, { provider: string }>
  }
  '/api/v1/auth/oauth/links': { get: Plain<Page<OauthLink>> }
  '/api/v1/auth/oauth/links/{id}': { delete: Op<undefined, never, never, Id> }
}
