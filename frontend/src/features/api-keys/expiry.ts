export const LIFETIMES = ['30', '90', '365', 'never', 'day'] as const
export type Lifetime = (typeof LIFETIMES)[number]

/** When a key ends: so many days from now, at the end of a day that was chosen, or never. Undefined while none was. */
export function endOf(lifetime: Lifetime, day: string, now: Date): string | null | undefined {
  if (lifetime === 'never') return null
  if (lifetime === 'day') {
    // In the zone of who chooses it.
    const end = new Date(`${day}T23:59:59`)
    return Number.isNaN(end.getTime()) || end <= now ? undefined : end.toISOString()
  }
  return new Date(now.getTime() + Number(lifetime) * 24 * 3600 * 1000).toISOString()
}
