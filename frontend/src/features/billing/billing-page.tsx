import { useQuery } from '@tanstack/react-query'
import { ExternalLink } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { may } from '@/api/account'
import { Button } from '@/components/button'
import { Loaded } from '@/components/loaded'
import { Page } from '@/components/page'
import { Panel } from '@/components/panel'
import { Problem } from '@/components/problem'
import { ReadOnly } from '@/components/read-only'
import { Skeleton } from '@/components/states'
import { toast } from '@/components/toast'
import { useAccount, useOrg } from '@/hooks/use-account'
import { useMeterName } from '@/hooks/use-meter-name'
import { CancelDialog } from './components/cancel-dialog'
import { CheckoutReturn } from './components/checkout-return'
import { Facts } from './components/facts'
import { PlanCards } from './components/plan-cards'
import { Quotas } from './components/quotas'
import { BillingSettingsPanel } from './components/settings-form'
import { Standings } from './components/standing'
import { plansQuery, quotasQuery, subscriptionQuery, usePortal, useResume } from './queries'
import { isSubscribed } from './standing'
import type { Plan, Subscription } from './types'

/** The plan, what it gives, what it costs, and the way to another. */
export function BillingPage() {
  const t = useTranslations('billing')
  const org = useOrg()
  const canChange = may(useAccount(), 'billing:write')
  const subscription = useQuery(subscriptionQuery(org))
  const plans = useQuery(plansQuery(org))
  const quotas = useQuery(quotasQuery(org))
  const [isCancelling, setCancelling] = useState(false)
  const rows = quotas.data?.results ?? []
  const present = plans.data?.results.find(({ code }) => code === subscription.data?.plan.code)
  const isFree = present?.prices.length === 0
  return (
    <Page title={t('title')} note={t('note')}>
      {canChange ? <CheckoutReturn /> : <ReadOnly permission="billing:write" />}
      <Panel title={t('present')}>
        <Loaded query={subscription} skeleton={<Skeleton className="h-32" />}>
          {(data) => <PresentPlan subscription={data} canChange={canChange} onCancel={() => setCancelling(true)} />}
        </Loaded>
      </Panel>
      <Panel title={t('quotas.title')} note={isFree ? undefined : t('quotas.note')}>
        <Loaded query={quotas}>
          {({ results }) => (
            <div className="grid gap-4">
              <Quotas
                quotas={results}
                features={present?.features ?? []}
                currency={subscription.data?.currency ?? 'usd'}
              />
              {isFree ? <WhatStops plan={present} /> : null}
            </div>
          )}
        </Loaded>
      </Panel>
      <Loaded query={plans} skeleton={<Skeleton className="h-80" />}>
        {({ results }) =>
          subscription.data ? (
            <PlanCards
              // The interval that is shown first is that of the subscription.
              key={subscription.data.interval}
              plans={results}
              subscription={subscription.data}
              quotas={rows}
              canChange={canChange}
              onCancel={() => setCancelling(true)}
            />
          ) : null
        }
      </Loaded>
      <BillingSettingsPanel canChange={canChange} currency={subscription.data?.currency ?? 'usd'} />
      {isCancelling && subscription.data ? (
        <CancelDialog
          subscription={subscription.data}
          free={plans.data?.results.find((plan) => plan.prices.length === 0)}
          quotas={rows}
          onClose={() => setCancelling(false)}
        />
      ) : null}
    </Page>
  )
}

type PresentProps = { subscription: Subscription; canChange: boolean; onCancel: () => void }

function PresentPlan({ subscription, canChange, onCancel }: PresentProps) {
  const t = useTranslations('billing')
  const portal = usePortal()
  const resume = useResume(() => toast.done(t('resumed', { plan: paid.name })))
  const { plan, subscribed_plan, status, override } = subscription
  const paid = subscribed_plan
  const subscribed = isSubscribed(subscription)
  const wasCustomer = subscribed || status === 'canceled' || status === 'incomplete'
  return (
    <div className="grid items-start gap-x-8 gap-y-4 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <div className="grid gap-3">
        <div className="flex flex-wrap items-center gap-2">
          <p className="text-lg font-semibold tracking-tight">{plan.name}</p>
          {subscribed || override ? (
            <span className="rounded-full border px-2 py-0.5 text-xs text-muted">
              {t(`status.${override && !subscribed ? 'given' : status}`)}
            </span>
          ) : null}
        </div>
        <Standings subscription={subscription} />
        {subscribed && paid.code !== plan.code ? (
          <p className="text-ui text-muted">{t('paidFor', { plan: paid.name })}</p>
        ) : null}
        {canChange && wasCustomer ? (
          <div className="flex flex-wrap gap-2">
            <Button isBusy={portal.isPending || portal.isSuccess} onClick={() => portal.mutate()}>
              {portal.isPending || portal.isSuccess ? null : <ExternalLink aria-hidden />}
              {t('portal')}
            </Button>
            {subscribed && subscription.cancel_at_period_end ? (
              <Button look="primary" isBusy={resume.isPending} onClick={() => resume.mutate(undefined)}>
                {t('resume')}
              </Button>
            ) : null}
            {subscribed && !subscription.cancel_at_period_end ? (
              <Button look="danger" onClick={onCancel}>
                {t('cancelOpen')}
              </Button>
            ) : null}
          </div>
        ) : null}
        {canChange && wasCustomer ? <p className="text-xs text-muted">{t('portalHint')}</p> : null}
        <Problem error={portal.error ?? resume.error} />
      </div>
      <Facts subscription={subscription} />
    </div>
  )
}

/** Without a card, what happens at a limit is that things stop: say which. */
function WhatStops({ plan }: { plan: Plan }) {
  const t = useTranslations('billing.stops')
  const meterName = useMeterName()
  const known = ['api_calls', 'memory_searches', 'memory_bytes', 'llm_tokens', 'users', 'modules'] as const
  // Where there is no limit nothing stops, and where nothing is included nothing began.
  const limited = known.filter((code) => plan.features.some((one) => one.code === code && one.limit))
  return (
    <div className="grid gap-1.5 border-t pt-3 text-ui">
      <p className="font-medium">{t('title', { plan: plan.name })}</p>
      <ul className="grid gap-1 text-muted">
        {limited.map((code) => (
          <li key={code}>{t(code, { name: meterName(code) })}</li>
        ))}
      </ul>
      <p className="text-muted">{t('never')}</p>
    </div>
  )
}
