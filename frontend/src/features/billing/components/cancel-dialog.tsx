import { useFormatter, useTranslations } from 'use-intl'
import { ConfirmDialog } from '@/components/confirm-dialog'
import { toast } from '@/components/toast'
import { useMeterName } from '@/hooks/use-meter-name'
import { useUnits } from '@/hooks/use-units'
import { overLimits } from '../plans'
import { useCancel } from '../queries'
import type { Plan, Quota, Subscription } from '../types'
import { useLimitText } from './limits'

type Props = { subscription: Subscription; free: Plan | undefined; quotas: Quota[]; onClose: () => void }

/** Asks before a subscription ends, and says when, and what holds then. */
export function CancelDialog({ subscription, free, quotas, onClose }: Props) {
  const t = useTranslations('billing.cancel')
  const { dateTime } = useFormatter()
  const { amount } = useUnits()
  const meterName = useMeterName()
  const limitText = useLimitText()
  const held = free ? overLimits(free, quotas) : []
  const plan = subscription.subscribed_plan
  const end = subscription.status === 'trialing' ? subscription.trial_ends_at : subscription.current_period_end
  const cancel = useCancel(() => {
    toast.done(t('done', { plan: plan.name }))
    onClose()
  })
  return (
    <ConfirmDialog
      title={t('title', { plan: plan.name })}
      confirm={t('confirm')}
      leave={t('leave')}
      isBusy={cancel.isPending}
      error={cancel.error}
      onConfirm={() => cancel.mutate(undefined)}
      onClose={onClose}
    >
      <p>
        {end
          ? t('until', { plan: plan.name, date: dateTime(new Date(end), { dateStyle: 'long' }) })
          : t('untilEnd', { plan: plan.name })}
      </p>
      {free ? (
        <>
          <p>{t('then')}</p>
          <ul className="grid gap-1">
            {free.features.map((feature) => (
              <li key={feature.code} className="flex justify-between gap-4">
                <span>{meterName(feature.code, feature.name)}</span>
                <span className="text-fg tabular-nums">{limitText(feature)}</span>
              </li>
            ))}
          </ul>
          {held.map(({ feature, used }) => (
            <p key={feature.code} className="text-danger">
              {t('over', {
                name: meterName(feature.code, feature.name),
                used: amount(used, feature.unit),
                limit: amount(feature.limit ?? 0, feature.unit),
              })}
            </p>
          ))}
          {held.length > 0 ? <p className="text-danger">{t('overText')}</p> : null}
        </>
      ) : null}
      <p>{t('stays')}</p>
    </ConfirmDialog>
  )
}
