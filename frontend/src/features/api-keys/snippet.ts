/** What one can ask first with a key, by what it may do. */
const FIRST_CALLS = [
  ['memory:read', '/api/v1/memory?limit=5'],
  ['modules:read', '/api/v1/modules'],
  ['members:read', '/api/v1/orgs/current/members'],
  ['org:read', '/api/v1/orgs/current'],
] as const

/** A command that works as it is pasted: the key is in it. */
export function curlOf(secret: string, scopes: string[], origin: string): string {
  const path = FIRST_CALLS.find(([scope]) => scopes.includes(scope))?.[1] ?? '/api/v1/orgs/current'
  return `curl -H 'X-API-Key: ${secret}' '${origin}${path}'`
}
