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

export type Person = { id: string; email: string }
export type Branding = {
  name: string | null
  primary_color: string | null
  accent_color: string | null
  logo_url: string | null
}
export type Profile = {
  id: string
  email: string
  name: string
  email_verified: boolean
  has_password: boolean
  mfa: { totp: boolean; passkeys: number; recovery_codes: number }
  delete_after: string | null
  pending_email: string | null
}
export type Me = Omit<S['MeOutput'], 'user' | 'org'> & {
  user: Profile
  org: S['MeOutput']['org'] & { branding: Branding }
  mfa_enrollment_required: boolean
  session_id: string
  authenticated_at: string
}
export type Session = {
  id: string
  current: boolean
  device: string
  browser: string
  ip: string | null
  created_at: string
  last_used_at: string
  expires_at: string
  organization: string | null
  methods: string[]
}
export type Tokens = S['TokensOutput']
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
export type Organization = { id: string; name: string; slug: string; created_at: string; delete_after?: string | null }
export type Domain = {
  id: string
  domain: string
  status: 'pending' | 'verified' | 'failing'
  txt_name: string
  txt_value: string
  verified_at: string | null
  checked_at: string | null
}
export type Member = {
  id: string
  email: string
  name: string
  role: string
  joined_at: string
  last_seen_at: string | null
  mfa: boolean
}
export type Invitation = {
  id: string
  email: string
  role: string
  invited_by: Person | null
  created_at: string
  expires_at: string
  status: 'pending' | 'accepted' | 'revoked' | 'expired'
}
export type InvitationLook = {
  organization: { name: string; slug: string; branding: Branding }
  email: string
  role: string
  invited_by: string | null
  expires_at: string
  has_account: boolean
}
export type Role = {
  id: string | null
  name: string
  title: string
  description: string
  built_in: boolean
  permissions: string[]
  members: number
}
export type PermissionRow = {
  permission: string
  area: string
  description: string
  module: string | null
  held: boolean
}
export type ApiKey = {
  id: string
  name: string
  prefix: string
  scopes: string[]
  created_by: Person | null
  created_at: string
  expires_at: string | null
  last_used_at: string | null
  revoked_at: string | null
  status: 'active' | 'expired' | 'revoked'
  rotated_from: string | null
}
export type Proof = { password?: string; code?: string; challenge_id?: string; credential?: Credential }

export interface UpcomingPaths {
  '/api/v1/auth/me': {
    get: Plain<Me>
    patch: Plain<Profile, { name: string }>
    delete: Plain<{ delete_after: string }, { confirm: string }>
  }
  '/api/v1/auth/password/change': {
    post: Plain<Tokens, { current_password: string; password: string; use_cookie: boolean }>
  }
  '/api/v1/auth/email/change': { post: Plain<undefined, { email: string }> }
  '/api/v1/auth/email/change/confirm': { post: Plain<{ email: string }, { key: string }> }
  '/api/v1/auth/email/change/cancel': { post: Plain<undefined, { key: string }> }
  '/api/v1/auth/email/verify/resend': { post: Plain<undefined> }
  '/api/v1/auth/sessions': { get: Plain<Page<Session>, never, { limit?: number; cursor?: string }> }
  '/api/v1/auth/sessions/{id}': { delete: Op<undefined, never, never, Id> }
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
  '/api/v1/orgs/current': {
    get: Plain<Organization>
    patch: Plain<Organization, { name?: string; slug?: string }>
    delete: Plain<{ delete_after: string }, { confirm: string }>
  }
  '/api/v1/orgs/current/settings': {
    get: Plain<{ mfa_required: boolean }>
    patch: Plain<{ mfa_required: boolean }, { mfa_required: boolean }>
  }
  '/api/v1/orgs/current/branding': { get: Plain<Branding>; patch: Plain<Branding, Partial<Omit<Branding, 'logo_url'>>> }
  '/api/v1/orgs/current/branding/logo': { put: Plain<Branding, { file: string }>; delete: Plain<undefined> }
  '/api/v1/branding': { get: Plain<Branding & { organization: { slug: string; name: string } | null }> }
  '/api/v1/orgs/current/domains': { get: Plain<Page<Domain>>; post: Plain<Domain, { domain: string }> }
  '/api/v1/orgs/current/domains/{id}': { delete: Op<undefined, never, never, Id> }
  '/api/v1/orgs/current/domains/{id}/verify': { post: Op<Domain, never, never, Id> }
  '/api/v1/orgs/current/members': {
    get: Plain<Page<Member>, never, { q?: string; role?: string; cursor?: string; limit?: number }>
  }
  '/api/v1/orgs/current/members/{user_id}': {
    patch: Op<Member, { role: string }, never, { user_id: string }>
    delete: Op<undefined, never, never, { user_id: string }>
  }
  '/api/v1/orgs/current/ownership': { post: Plain<undefined, { user_id: string }> }
  '/api/v1/orgs/current/invitations': {
    get: Plain<Page<Invitation>, never, { status?: Invitation['status']; cursor?: string; limit?: number }>
    post: Plain<Invitation, { email: string; role: string }>
  }
  '/api/v1/orgs/current/invitations/{id}': { delete: Op<undefined, never, never, Id> }
  '/api/v1/orgs/current/invitations/{id}/resend': { post: Op<Invitation, never, never, Id> }
  '/api/v1/invitations/look': { post: Plain<InvitationLook, { key: string }> }
  '/api/v1/invitations/accept': {
    post: Plain<Tokens, { key: string; password?: string; name?: string; use_cookie: boolean }>
  }
  '/api/v1/orgs/current/roles': {
    get: Plain<Page<Role>>
    post: Plain<Role, { name: string; title?: string; description?: string; permissions: string[] }>
  }
  '/api/v1/orgs/current/roles/{id}': {
    patch: Op<Role, { title?: string; description?: string; permissions?: string[] }, never, Id>
    delete: Op<undefined, never, never, Id>
  }
  '/api/v1/orgs/current/permissions': { get: Plain<Page<PermissionRow>> }
  '/api/v1/orgs/current/api-keys': {
    get: Plain<Page<ApiKey>, never, { cursor?: string; limit?: number }>
    post: Plain<ApiKey & { secret: string }, { name: string; scopes: string[]; expires_at: string | null }>
  }
  '/api/v1/orgs/current/api-keys/{id}': { delete: Op<undefined, never, never, Id> }
  '/api/v1/orgs/current/api-keys/{id}/rotate': {
    post: Op<ApiKey & { secret: string }, { overlap_hours?: number }, never, Id>
  }
}
