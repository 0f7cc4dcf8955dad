import type { ReactNode } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { useUnits } from '@/hooks/use-units'
import { isSubscribed } from '../standing'
import type { Subscription } from '../types'

/** What is paid, how, and what is taken off. */
export function Facts({ subscription }: { subscription: Subscription }) {
  const t = useTranslations('billing.facts')
  const { dateTime, number } = useFormatter()
  const { price, sum } = useUnits()
  const { currency, payment_method: card, discount, amount_cents, interval } = subscription
  const day = (at: string) => dateTime(new Date(at), { dateStyle: 'medium' })
  const facts: [string, ReactNode][] = []
  if (amount_cents !== null && interval) facts.push([t('price'), t(interval, { price: price(amount_cents, currency) })])
  const next = subscription.status === 'trialing' ? subscription.trial_ends_at : subscription.current_period_end
  if (next && isSubscribed(subscription))
    facts.push([t('nextInvoice'), subscription.cancel_at_period_end ? t('noInvoice') : day(next)])
  if (card)
    facts.push([
      t('card'),
      t('cardText', {
        brand: card.brand.charAt(0).toUpperCase() + card.brand.slice(1),
        last4: card.last4,
        month: String(card.exp_month).padStart(2, '0'),
        year: String(card.exp_year),
      }),
    ])
  if (subscription.credit_cents > 0)
    facts.push([t('credit'), t('creditText', { amount: sum(subscription.credit_cents, currency) })])
  if (discount) {
    const off =
      discount.percent_off !== null
        ? number(discount.percent_off / 100, { style: 'percent', maximumFractionDigits: 2 })
        : sum(discount.amount_off_cents ?? 0, currency)
    facts.push([
      t('discount'),
      discount.ends_at
        ? t('discountUntil', { name: discount.name, off, date: day(discount.ends_at) })
        : t('discountText', { name: discount.name, off }),
    ])
  }
  if (subscription.tax_ids.length > 0)
    facts.push([t('taxIds'), subscription.tax_ids.map(({ value }) => value).join(', ')])
  if (facts.length === 0) return null
  return (
    <dl className="grid grid-cols-[minmax(0,8rem)_minmax(0,1fr)] gap-x-3 gap-y-1.5 text-ui">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="break-words tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
