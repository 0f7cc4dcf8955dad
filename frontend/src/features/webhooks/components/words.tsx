import { useTranslations } from 'use-intl'
import { cn } from '@/lib/cn'
import type { Attempt, Delivery, Webhook } from '../queries'

const ERRORS = ['timeout', 'connection', 'address_not_allowed', 'redirect', 'tls', 'status'] as const

/** Says how a try ended; what this build does not know yet is called as the API calls it. */
export function useOutcome() {
  const t = useTranslations('webhooks.outcomes')
  return ({ status_code, error, milliseconds }: Attempt) => {
    const status = String(status_code ?? '')
    if (!error) return t('taken', { status, milliseconds })
    const known = ERRORS.find((one) => one === error)
    if (!known) return t('other', { error })
    return t(known, { status })
  }
}

/** Whether a delivery was tried in vain and is going to be tried again. */
export function isRetrying({ status, attempts }: Delivery) {
  return status === 'pending' && attempts > 0
}

/** What has become of a delivery, as a key of texts. */
export function stateOf(delivery: Delivery) {
  if (delivery.status === 'delivered') return 'delivered'
  if (delivery.status === 'pending') return isRetrying(delivery) ? 'retrying' : 'pending'
  return delivery.reason || 'attempts'
}

/** What an endpoint is doing, as a key of texts. */
export function standingOf({ status, failing_since }: Webhook) {
  if (status === 'disabled') return 'disabled'
  return failing_since ? 'failing' : 'enabled'
}

/** A word about a state; those that want somebody's attention are red. */
export function Badge({ kind, children }: { kind: 'good' | 'bad' | 'plain'; children: string }) {
  return (
    <span
      className={cn(
        'inline-flex items-center gap-1.5 rounded-full border px-2 py-px text-xs whitespace-nowrap',
        kind === 'bad' ? 'border-transparent bg-danger-soft text-danger' : 'text-muted',
      )}
    >
      <span
        aria-hidden
        className={cn('size-1.5 rounded-full', { good: 'bg-good', bad: 'bg-danger', plain: 'bg-line-strong' }[kind])}
      />
      {children}
    </span>
  )
}

export function EndpointBadge({ webhook }: { webhook: Webhook }) {
  const t = useTranslations('webhooks.states')
  const standing = standingOf(webhook)
  const isMeant = standing === 'disabled' && webhook.disabled_reason === 'manual'
  return <Badge kind={standing === 'enabled' ? 'good' : isMeant ? 'plain' : 'bad'}>{t(standing)}</Badge>
}

export function DeliveryBadge({ delivery }: { delivery: Delivery }) {
  const t = useTranslations('webhooks.deliveries.states')
  const state = stateOf(delivery)
  return (
    <Badge kind={state === 'delivered' ? 'good' : state === 'pending' || state === 'skipped' ? 'plain' : 'bad'}>
      {t(state)}
    </Badge>
  )
}
