/** The shapes of `/api/v1/billing`. */
export type PlanName = { code: string; name: string }
export type Interval = 'month' | 'year'
export type Enforcement = 'hard' | 'soft'

export type Feature = {
  code: string
  name: string
  unit: string
  period: string
  limit: number | null
  enforcement: Enforcement
  overage_cents_per_1000: number | null
}
export type Plan = PlanName & {
  description: string
  position: number
  trial_days: number
  grace_days: number
  prices: { interval: Interval; amount_cents: number; currency: string }[]
  features: Feature[]
  modules: { module_id: string; included: boolean; calls_per_month: number | null }[]
}
export type Subscription = {
  plan: PlanName
  subscribed_plan: PlanName | null
  status: 'free' | 'incomplete' | 'trialing' | 'active' | 'past_due' | 'unpaid' | 'canceled' | 'paused'
  interval: Interval | null
  amount_cents: number | null
  currency: string
  current_period_start: string | null
  current_period_end: string | null
  cancel_at_period_end: boolean
  trial_ends_at: string | null
  trial_available: boolean
  past_due_since: string | null
  grace_ends_at: string | null
  payment_method: { brand: string; last4: string; exp_month: number; exp_year: number } | null
  tax_ids: { type: string; value: string }[]
  credit_cents: number
  discount: {
    name: string
    percent_off: number | null
    amount_off_cents: number | null
    ends_at: string | null
  } | null
  override: { plan: PlanName | null; reason: string; ends_at: string | null } | null
  synced_at: string | null
}
export type Quota = {
  meter: string
  name: string
  unit: string
  period: string
  used: number
  limit: number | null
  ceiling: number | null
  remaining: number | null
  projected: number | null
  enforcement: Enforcement
  state: 'ok' | 'near' | 'reached'
  resets_at: string | null
  overage_cents: number | null
  available_in: string[]
}
export type UsageGroup = 'day' | 'hour' | 'month' | 'module' | 'member' | 'operation' | 'meter'
export type UsageRow = {
  key: string
  label: string
  meter: string
  quantity: number
  events: number
  cost_cents: number | null
}
export type UsageTotal = {
  meter: string
  name: string
  unit: string
  quantity: number
  events: number
  cost_cents: number | null
}
export type Usage = {
  from: string
  to: string
  group_by: UsageGroup
  results: UsageRow[]
  totals: UsageTotal[]
  as_of: string | null
}
export type LedgerRow = {
  id: string
  meter: string
  quantity: number
  occurred_at: string
  module: string
  member: { id: string; email: string } | null
  operation: string
  request_id: string
  source: string
}
export type Invoice = {
  id: string
  number: string | null
  status: 'draft' | 'open' | 'paid' | 'void' | 'uncollectible'
  total_cents: number
  amount_due_cents: number
  amount_paid_cents: number
  currency: string
  created_at: string
  period_start: string
  period_end: string
  hosted_url: string | null
  pdf_url: string | null
}
export type InvoiceLine = {
  id: string
  description: string
  amount_cents: number
  quantity: number | null
  proration: boolean
  meter: string | null
  period_start: string
  period_end: string
}
export type InvoiceWhole = Invoice & { lines: InvoiceLine[] }
export type Alert = {
  id: string
  meter: string
  name: string
  threshold_percent: number
  period: string
  used: number
  limit: number
  created_at: string
}
export type Reconciliation = {
  meter: string
  name: string
  period_start: string
  period_end: string
  ledger: number
  aggregates: number
  reported: number
  stripe: number | null
  difference: number
  checked_at: string
}
export type Choice = { plan: string; interval: Interval }
export type Preview = {
  due_now_cents: number
  credit_cents: number
  next_amount_cents: number
  next_at: string | null
  currency: string
  lines: { description: string; amount_cents: number }[]
  over_limit: { meter: string; name: string; unit: string; used: number; limit: number }[]
}
export type BillingSettings = {
  billing_email: string
  spend_limit_cents: number | null
  alert_percents: number[]
}
export type List<Row> = { results: Row[]; next: string | null; total: number | null }

type Json<Body> = { content: { 'application/json': Body } }
type Get<Answer, Query = never> = {
  get: { parameters: { query?: Query }; responses: { 200: Json<Answer> } }
}
type Post<Answer, Body, Status extends 200 | 201 = 200> = {
  post: { requestBody: Json<Body>; responses: Record<Status, Json<Answer>> }
}
type Paged = { cursor?: string; limit?: number }
type Span = { from?: string; to?: string; range?: string }
export type BillingPaths = {
  '/api/v1/billing/plans': Get<List<Plan>>
  '/api/v1/billing/subscription': Get<Subscription>
  '/api/v1/billing/quotas': Get<{ results: Quota[]; as_of: string }>
  '/api/v1/billing/usage': Get<Usage, Span & { group_by?: UsageGroup; meter?: string }>
  '/api/v1/billing/usage/export': Get<string, Span>
  '/api/v1/billing/usage/events': Get<
    List<LedgerRow>,
    Paged & Span & { meter?: string; module?: string; operation?: string; user_id?: string }
  >
  '/api/v1/billing/invoices': Get<List<Invoice>, Paged>
  '/api/v1/billing/invoices/{invoice_id}': {
    get: { parameters: { path: { invoice_id: string } }; responses: { 200: Json<InvoiceWhole> } }
  }
  '/api/v1/billing/alerts': Get<List<Alert>, Paged>
  '/api/v1/billing/reconciliation': Get<List<Reconciliation>, Paged>
  '/api/v1/billing/settings': Get<BillingSettings> & {
    patch: {
      parameters: { header?: { 'If-Match'?: string } }
      requestBody: Json<Partial<BillingSettings>>
      responses: { 200: Json<BillingSettings> }
    }
  }
  '/api/v1/billing/checkout': Post<{ url: string }, Choice, 201>
  '/api/v1/billing/portal': Post<{ url: string }, Record<string, never>, 201>
  '/api/v1/billing/subscription/preview': Post<Preview, Choice>
  '/api/v1/billing/subscription/change': Post<Subscription, Choice>
  '/api/v1/billing/subscription/cancel': Post<Subscription, Record<string, never>>
  '/api/v1/billing/subscription/resume': Post<Subscription, Record<string, never>>
  '/api/v1/billing/subscription/refresh': Post<Subscription, Record<string, never>>
}
