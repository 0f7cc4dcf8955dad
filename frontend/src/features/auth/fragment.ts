/** What the server puts behind the `#` of an address: it reaches no log and no other site. */
export type Fragment = {
  mfaToken?: string
  methods: string[]
  problem?: string
  oauth?: string
  email?: string
  name?: string
}

export function fragmentOf(hash: string): Fragment {
  const given = new URLSearchParams(hash.replace(/^#/, ''))
  const text = (key: string) => given.get(key) || undefined
  const [mfaToken, problem, oauth, email, name] = ['mfa_token', 'problem', 'oauth', 'email', 'name'].map(text)
  return {
    methods: (given.get('methods') ?? '').split(',').filter(Boolean),
    ...(mfaToken && { mfaToken }),
    ...(problem && { problem }),
    ...(oauth && { oauth }),
    ...(email && { email }),
    ...(name && { name }),
  }
}
