/** Where a subscription stands, as what there is to say about it. */
import type { Subscription } from './types'

export type Standing =
  | { kind: 'free' | 'incomplete' | 'ended' | 'unpaid' | 'paused' | 'active' }
  | { kind: 'trial'; until: string }
  | { kind: 'cancels'; on: string }
  | { kind: 'grace'; until: string }
  | { kind: 'graceOver' }
  | { kind: 'given'; until: string | null; reason: string }

/** Something is paid for, or tried, that can be changed and cancelled. */
export function isSubscribed({ status }: Subscription): boolean {
  return ['trialing', 'active', 'past_due', 'unpaid', 'paused'].includes(status)
}

/** Everything to be said, the most pressing first. */
export function standingsOf(subscription: Subscription, now: Date): Standing[] {
  const { status, override, trial_ends_at, grace_ends_at, current_period_end, cancel_at_period_end } = subscription
  const said: Standing[] = []
  if (status === 'past_due')
    said.push(
      grace_ends_at && new Date(grace_ends_at) > now ? { kind: 'grace', until: grace_ends_at } : { kind: 'graceOver' },
    )
  if (override) said.push({ kind: 'given', until: override.ends_at, reason: override.reason })
  if (cancel_at_period_end && isSubscribed(subscription) && (current_period_end ?? trial_ends_at))
    said.push({ kind: 'cancels', on: (current_period_end ?? trial_ends_at) as string })
  else if (status === 'trialing' && trial_ends_at) said.push({ kind: 'trial', until: trial_ends_at })
  if (status === 'canceled') said.push({ kind: 'ended' })
  else if (status === 'free' || status === 'incomplete' || status === 'unpaid' || status === 'paused')
    said.push({ kind: status })
  // What is given says why the plan holds, without anything being paid.
  if (override) return said.filter(({ kind }) => kind !== 'free')
  return said.length > 0 ? said : [{ kind: 'active' }]
}

/** Whether a failed payment is to be told everybody who may see the billing. */
export function isPaymentMissing({ status }: Subscription): boolean {
  return status === 'past_due' || status === 'unpaid'
}
