/** The kinds of work that come with dimensions of their own, as the API names them. */
export const DOMAINS = [
  'general',
  'enterprise',
  'retail',
  'finance',
  'healthcare',
  'real_estate',
  'research',
  'marketing',
] as const
export type Domain = (typeof DOMAINS)[number]

/** The field of this name; an organisation's may be one that this version does not know. */
export function domainNamed(name: string): Domain | undefined {
  return DOMAINS.find((domain) => domain === name)
}
