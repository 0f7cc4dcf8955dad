/** What the billing's API speaks of. */
import type { Schemas } from '@/api/client'

export type Alert = Schemas['AlertOutput']
export type BillingSettings = Schemas['BillingSettingsOutput']
export type Choice = { plan: string; interval: Interval }
export type Feature = Schemas['PlanFeatureOutput']
export type Interval = Schemas['IntervalEnum']
export type Invoice = Schemas['InvoiceOutput']
export type InvoiceLine = Schemas['InvoiceLineOutput']
export type InvoiceWhole = Schemas['InvoiceDetailOutput']
export type LedgerRow = Schemas['UsageEventOutput']
export type Plan = Schemas['PlanOutput']
export type Preview = Schemas['PreviewOutput']
export type Quota = Schemas['QuotaOutput']
export type Reconciliation = Schemas['ReconciliationOutput']
export type Subscription = Schemas['SubscriptionOutput']
export type Usage = Schemas['UsageOutput']
export type UsageRow = Schemas['UsageSumOutput']
export type UsageTotal = Schemas['UsageTotalOutput']
