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

export function isDomain(name: string): name is Domain {
  return (DOMAINS as readonly string[]).includes(name)
}
