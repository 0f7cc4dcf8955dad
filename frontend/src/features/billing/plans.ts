/** Plans side by side: prices, what differs, what would not fit. */
import type { Feature, Interval, Plan, Quota } from './types'

export function priceOf(plan: Plan, interval: Interval) {
  return plan.prices.find((price) => price.interval === interval)
}

/** What paying by the year saves, in whole percents of twelve months; nothing when it saves nothing. */
export function yearlySaving(plan: Plan): number {
  const month = priceOf(plan, 'month')?.amount_cents
  const year = priceOf(plan, 'year')?.amount_cents
  if (!month || !year) return 0
  return Math.max(0, Math.floor((1 - year / (month * 12)) * 100))
}

export type Difference = 'more' | 'less' | 'same'

/** How a limit compares with that of the present plan: none is more than any. */
export function differenceOf(feature: Feature, present: Plan | undefined): Difference {
  const now = present?.features.find(({ code }) => code === feature.code)
  if (!now || now.limit === feature.limit) return 'same'
  if (feature.limit === null) return 'more'
  if (now.limit === null) return 'less'
  return feature.limit > now.limit ? 'more' : 'less'
}

/** What is held now beyond the limits of a plan: what a period uses up begins anew, so only what lasts counts. */
export function overLimits(plan: Plan, quotas: Quota[]): { feature: Feature; used: number }[] {
  return plan.features.flatMap((feature) => {
    const quota = quotas.find(({ meter }) => meter === feature.code)
    if (!quota || feature.limit === null || feature.period !== 'total' || quota.used <= feature.limit) return []
    return [{ feature, used: quota.used }]
  })
}
