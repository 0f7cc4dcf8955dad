import { useQuery } from '@tanstack/react-query'
import { ExternalLink, X } from 'lucide-react'
import { useState } from 'react'
import { useFormatter, useNow, useTranslations } from 'use-intl'
import { may } from '@/api/account'
import { Button } from '@/components/button'
import { PlansLink } from '@/components/plan-limit'
import { toast } from '@/components/toast'
import { isPaymentMissing, type Quota, quotasQuery, runningOut, subscriptionQuery, usePortal } from '@/features/billing'
import { useAccount, useOrg } from '@/hooks/use-account'
import { useMeterName } from '@/hooks/use-meter-name'
import { Banner } from './banner'

/** What concerns everybody who sees the billing, above the page: a payment that is missing, or else limits. */
export default function BillingBanner() {
  const org = useOrg()
  const subscription = useQuery(subscriptionQuery(org))
  const quotas = useQuery(quotasQuery(org))
  const [closed, setClosed] = useState(readClosed)
  if (subscription.data && isPaymentMissing(subscription.data))
    return <PaymentBanner graceEndsAt={subscription.data.grace_ends_at} plan={subscription.data.plan.name} />
  const shown = runningOut(quotas.data?.results ?? []).filter(
    (quota) => quota.state !== 'ok' && !closed.includes(noticeOf(org, quota)),
  )
  if (shown.length === 0) return null
  // One that is reached says more than one that is near.
  const reached = shown.filter(({ state }) => state === 'reached')
  const said = reached.length > 0 ? reached : shown
  return (
    <QuotaBanner
      quotas={said}
      onClose={() => setClosed(keepClosed([...closed, ...said.map((quota) => noticeOf(org, quota))]))}
    />
  )
}

function PaymentBanner({ graceEndsAt, plan }: { graceEndsAt: string | null; plan: string }) {
  const t = useTranslations('billing.banner')
  const { dateTime } = useFormatter()
  const now = useNow()
  const canPay = may(useAccount(), 'billing:write')
  const portal = usePortal()
  const hasGrace = graceEndsAt !== null && new Date(graceEndsAt) > now
  return (
    <Banner
      label={t('label')}
      isPressing
      actions={
        canPay ? (
          <Button
            size="small"
            isBusy={portal.isPending || portal.isSuccess}
            onClick={() => portal.mutate(undefined, { onError: () => toast.failed(t('portalFailed')) })}
          >
            {portal.isPending || portal.isSuccess ? null : <ExternalLink aria-hidden />}
            {t('pay')}
          </Button>
        ) : null
      }
    >
      {hasGrace
        ? t('pastDue', { date: dateTime(new Date(graceEndsAt), { dateStyle: 'long' }) })
        : t('graceOver', { plan })}
      {canPay ? null : ` ${t('askToPay')}`}
    </Banner>
  )
}

function QuotaBanner({ quotas, onClose }: { quotas: Quota[]; onClose: () => void }) {
  const t = useTranslations('billing.banner')
  const { list } = useFormatter()
  const meterName = useMeterName()
  const canChange = may(useAccount(), 'billing:write')
  const names = list(quotas.map(({ meter, name }) => meterName(meter, name)))
  const isReached = quotas.some(({ state }) => state === 'reached')
  // A soft limit stops nothing: it costs.
  const isHard = quotas.some(({ enforcement }) => enforcement === 'hard')
  return (
    <Banner
      label={t('label')}
      isPressing={isReached && isHard}
      actions={
        <>
          {/* A larger plan lifts nothing for those who have the largest. */}
          {quotas.some(({ available_in }) => available_in.length > 0) ? <PlansLink /> : null}
          <Button size="icon" look="quiet" aria-label={t('close')} onClick={onClose}>
            <X aria-hidden />
          </Button>
        </>
      }
    >
      {t(isReached ? (isHard ? 'reached' : 'reachedSoft') : 'near', { names, count: quotas.length })}
      {canChange ? null : ` ${t('ask')}`}
    </Banner>
  )
}

const KEPT = 'lift.closed-notices'
const MOST_KEPT = 50

/** A notice is closed for the period that it is about, and for how far it had come. */
function noticeOf(org: string, { meter, state, resets_at, limit }: Quota) {
  return [org, meter, state, resets_at ?? limit].join(' ')
}

function readClosed(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEPT) ?? '[]')
    return Array.isArray(kept) ? kept.map(String) : []
  } catch {
    // Somebody else has written there.
    return []
  }
}

function keepClosed(closed: string[]): string[] {
  const kept = closed.slice(-MOST_KEPT)
  localStorage.setItem(KEPT, JSON.stringify(kept))
  return kept
}
