/** The fields that come with dimensions of their own. */
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
