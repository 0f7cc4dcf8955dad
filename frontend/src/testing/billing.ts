import { HttpResponse, http, type JsonBodyType } from 'msw'
import type { Feature, Plan, Quota, Subscription } from '@/features/billing'
import { server } from './server'

const GB = 1024 ** 3

function plan(code: string, name: string, position: number, cents: number, limits: (number | null)[]): Plan {
  const [users = null, modules = null, memory_bytes = null, api_calls = null, memory_searches = null] = limits
  const feature = (of: string, unit: string, period: Feature['period'], limit: number | null, isSoft = false) => ({
    code: of,
    name: of,
    unit,
    period,
    limit,
    enforcement: isSoft && cents > 0 ? ('soft' as const) : ('hard' as const),
    overage_cents_per_1000: isSoft && cents > 0 ? 40 : null,
  })
  return {
    code,
    name,
    position,
    description: `For ${name}`,
    trial_days: cents > 0 ? 14 : 0,
    grace_days: 7,
    prices:
      cents > 0
        ? [
            { interval: 'month', amount_cents: cents, currency: 'usd' },
            { interval: 'year', amount_cents: cents * 10, currency: 'usd' },
          ]
        : [],
    features: [
      feature('users', 'people', 'total', users),
      feature('modules', 'modules', 'total', modules),
      feature('memory_bytes', 'bytes', 'total', memory_bytes),
      feature('api_calls', 'calls', 'month', api_calls, true),
      feature('memory_searches', 'calls', 'day', memory_searches),
    ],
    modules: [],
  }
}

export const PLANS: Plan[] = [
  plan('free', 'Free', 0, 0, [2, 1, GB / 10, 1000, 100]),
  plan('starter', 'Starter', 1, 29_00, [5, 3, 10 * GB, 10_000, 1000]),
  plan('professional', 'Professional', 2, 99_00, [25, 10, 100 * GB, 100_000, 10_000]),
  plan('enterprise', 'Enterprise', 3, 299_00, [null, null, 1024 * GB, 1_000_000, 100_000]),
]

export function subscription(changes: Partial<Subscription> = {}): Subscription {
  return {
    plan: { code: 'free', name: 'Free' },
    subscribed_plan: { code: 'free', name: 'Free' },
    status: 'free',
    interval: null,
    amount_cents: null,
    currency: 'usd',
    current_period_start: null,
    current_period_end: null,
    cancel_at_period_end: false,
    trial_ends_at: null,
    trial_available: true,
    past_due_since: null,
    grace_ends_at: null,
    payment_method: null,
    tax_ids: [],
    credit_cents: 0,
    discount: null,
    override: null,
    synced_at: null,
    ...changes,
  }
}

/** A paid plan in the middle of its month. */
export function subscribed(changes: Partial<Subscription> = {}): Subscription {
  const starter = { code: 'starter', name: 'Starter' }
  return subscription({
    plan: starter,
    subscribed_plan: starter,
    status: 'active',
    interval: 'month',
    amount_cents: 29_00,
    current_period_start: '2026-11-10T12:00:00Z',
    current_period_end: '2026-12-10T12:00:00Z',
    trial_available: false,
    payment_method: { brand: 'visa', last4: '4242', exp_month: 4, exp_year: 2030 },
    synced_at: '2026-11-28T00:00:00Z',
    ...changes,
  })
}

export function quota(changes: Partial<Quota> = {}): Quota {
  return {
    meter: 'api_calls',
    name: 'API calls',
    unit: 'calls',
    period: 'month',
    used: 400,
    limit: 1000,
    ceiling: 1000,
    remaining: 600,
    projected: 700,
    enforcement: 'hard',
    state: 'ok',
    resets_at: '2026-12-01T00:00:00Z',
    overage_cents: null,
    available_in: ['starter', 'professional', 'enterprise'],
    ...changes,
  }
}

export function listOf<Row>(...results: Row[]) {
  return { results, next: null, total: results.length }
}

/** Answers in place of the billing's API; what is not given is empty. */
export function answerBilling(answers: Record<string, JsonBodyType> = {}) {
  const all: Record<string, JsonBodyType> = {
    plans: listOf(...PLANS),
    subscription: subscription(),
    quotas: { results: [quota()], as_of: '2026-11-28T00:00:00Z' },
    settings: { billing_email: 'ada@example.com', spend_limit_cents: null, alert_percents: [80, 100] },
    alerts: listOf(),
    reconciliation: listOf(),
    invoices: listOf(),
    ...answers,
  }
  server.use(
    ...Object.entries(all).map(([path, body]) =>
      http.get(`*/api/v1/billing/${path}`, () => HttpResponse.json(body, { headers: { ETag: '"1"' } })),
    ),
  )
}
