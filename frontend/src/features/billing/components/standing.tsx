import { useFormatter, useNow, useTranslations } from 'use-intl'
import { Notice } from '@/components/notice'
import { useUnits } from '@/hooks/use-units'
import { type Standing, standingsOf } from '../standing'
import type { Subscription } from '../types'

const PRESSING: Standing['kind'][] = ['grace', 'graceOver', 'unpaid', 'incomplete', 'paused']

/** Where the subscription stands, in sentences. */
export function Standings({ subscription }: { subscription: Subscription }) {
  const now = useNow()
  const sentence = useStandingWords(subscription)
  const said = standingsOf(subscription, now)
  const pressing = said.filter(({ kind }) => PRESSING.includes(kind))
  return (
    <>
      {said
        .filter((one) => !pressing.includes(one))
        .map((one) => (
          <p key={one.kind} className="max-w-[70ch] text-ui text-muted">
            {sentence(one)}
          </p>
        ))}
      {pressing.map((one) => (
        <Notice key={one.kind} kind="warning">
          {sentence(one)}
        </Notice>
      ))}
    </>
  )
}

function useStandingWords({ plan, subscribed_plan, amount_cents, currency, interval, ...times }: Subscription) {
  const t = useTranslations('billing.standing')
  const { dateTime } = useFormatter()
  const units = useUnits()
  const day = (at: string) => dateTime(new Date(at), { dateStyle: 'long' })
  const paid = subscribed_plan.name
  const price = amount_cents === null || !interval ? null : t(interval, { price: units.price(amount_cents, currency) })
  return (one: Standing): string => {
    switch (one.kind) {
      case 'trial':
        return price ? t('trial', { date: day(one.until), price }) : t('trialOnly', { date: day(one.until) })
      case 'cancels':
        return t('cancels', { plan: paid, date: day(one.on) })
      case 'grace':
        return times.past_due_since
          ? t('grace', { plan: paid, since: day(times.past_due_since), date: day(one.until) })
          : t('graceUntil', { plan: paid, date: day(one.until) })
      case 'graceOver':
        return t('graceOver', { plan: paid, now: plan.name })
      case 'given':
        return one.until
          ? t('givenUntil', { plan: plan.name, date: day(one.until), reason: one.reason })
          : t('given', { plan: plan.name, reason: one.reason })
      case 'active':
        return times.current_period_end && price
          ? t('renews', { date: day(times.current_period_end), price })
          : t('active')
      default:
        return t(one.kind)
    }
  }
}
