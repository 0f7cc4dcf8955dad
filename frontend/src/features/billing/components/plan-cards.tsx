import { useLocation } from '@tanstack/react-router'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { Refusal } from '@/components/plan-limit'
import { useProblemWords } from '@/components/problem'
import { Segmented } from '@/components/segmented'
import { useMeterName } from '@/hooks/use-meter-name'
import { useUnits } from '@/hooks/use-units'
import { cn } from '@/lib/cn'
import { differenceOf, overLimits, priceOf, yearlySaving } from '../plans'
import { useCheckout } from '../queries'
import { isSubscribed } from '../standing'
import type { Choice, Feature, Interval, Plan, Quota, Subscription } from '../types'
import { ChangeDialog } from './change-dialog'
import { useLimitText } from './limits'

type Props = { plans: Plan[]; subscription: Subscription; quotas: Quota[]; canChange: boolean; onCancel: () => void }

/** All plans side by side, and the way from one to another. */
export function PlanCards({ plans, subscription, quotas, canChange, onCancel }: Props) {
  const t = useTranslations('billing.plans')
  const words = useProblemWords()
  const [interval, setInterval] = useState<Interval>(subscription.interval ?? 'month')
  const [choice, setChoice] = useState<Choice | null>(null)
  const checkout = useCheckout()
  const isWanted = useLocation({ select: ({ hash }) => hash === 'plans' })
  const section = useRef<HTMLElement>(null)
  const isSettled = quotas.length > 0
  useEffect(() => {
    // Who comes by a link to the plans comes before they, and what is above them, are there.
    if (isWanted && isSettled) section.current?.scrollIntoView()
  }, [isWanted, isSettled])
  const saving = Math.max(0, ...plans.map(yearlySaving))
  const hasIntervals = plans.some((plan) => priceOf(plan, 'month') && priceOf(plan, 'year'))
  const present = plans.find(({ code }) => code === subscription.plan.code)

  function choose(plan: Plan) {
    const next = { plan: plan.code, interval: priceOf(plan, interval) ? interval : otherThan(interval) }
    if (isSubscribed(subscription)) setChoice(next)
    else checkout.mutate(next)
  }
  return (
    <section ref={section} id="plans" aria-labelledby="plans-title" className="grid scroll-mt-18 gap-3">
      <header className="flex flex-wrap items-end justify-between gap-3">
        <h2 id="plans-title" className="text-ui font-semibold">
          {t('title')}
        </h2>
        {hasIntervals ? (
          <Segmented
            label={t('interval')}
            value={interval}
            onChange={setInterval}
            options={[
              { value: 'month', label: t('monthly') },
              { value: 'year', label: saving > 0 ? t('yearlySaving', { percent: saving }) : t('yearly') },
            ]}
          />
        ) : null}
      </header>
      <Refusal error={checkout.error} say={() => words(checkout.error)} />
      <ul className="grid gap-3 sm:grid-cols-2 2xl:grid-cols-4">
        {plans.map((plan) => (
          <li key={plan.code} className="grid">
            <PlanCard
              plan={plan}
              interval={interval}
              present={present}
              subscription={subscription}
              quotas={quotas}
              canChange={canChange}
              isBusy={(checkout.isPending || checkout.isSuccess) && checkout.variables?.plan === plan.code}
              isWaiting={checkout.isPending || checkout.isSuccess}
              onChoose={() => choose(plan)}
              onCancel={onCancel}
            />
          </li>
        ))}
      </ul>
      {choice ? (
        <ChangeDialog
          choice={choice}
          wasEnding={subscription.cancel_at_period_end}
          plan={plans.find(({ code }) => code === choice.plan) as Plan}
          onClose={() => setChoice(null)}
        />
      ) : null}
    </section>
  )
}

function otherThan(interval: Interval): Interval {
  return interval === 'month' ? 'year' : 'month'
}

type CardProps = {
  plan: Plan
  interval: Interval
  present: Plan | undefined
  subscription: Subscription
  quotas: Quota[]
  canChange: boolean
  isBusy: boolean
  isWaiting: boolean
  onChoose: () => void
  onCancel: () => void
}

function PlanCard({ plan, interval, present, subscription, quotas, canChange, isBusy, isWaiting, ...on }: CardProps) {
  const t = useTranslations('billing.plans')
  const { number } = useFormatter()
  const { price: priceText, amount } = useUnits()
  const meterName = useMeterName()
  const limitText = useLimitText()
  const isPresent = plan.code === present?.code
  const isPaid = plan.code === subscription.subscribed_plan.code
  const price = priceOf(plan, interval) ?? plan.prices[0]
  const held = overLimits(plan, quotas)
  const currency = price?.currency ?? subscription.currency
  return (
    <article
      aria-labelledby={`plan-${plan.code}`}
      className={cn('flex flex-col gap-3 rounded-lg border bg-surface p-4', isPresent && 'border-accent')}
    >
      <header className="grid gap-1">
        <div className="flex items-center justify-between gap-2">
          <h3 id={`plan-${plan.code}`} className="text-sm font-semibold">
            {plan.name}
          </h3>
          {isPresent ? (
            <span className="rounded-full bg-accent-soft px-2 py-0.5 text-xs font-medium text-accent-text">
              {t('present')}
            </span>
          ) : null}
        </div>
        <p className="text-lg font-semibold tabular-nums">
          {price ? (
            <>
              {priceText(price.amount_cents, price.currency)}{' '}
              <span className="text-ui font-normal text-muted">{t(`per.${price.interval}`)}</span>
            </>
          ) : (
            t('free')
          )}
        </p>
        <p className="min-h-5 text-xs text-muted">
          {price?.interval === 'year'
            ? t('monthlyEquivalent', { price: priceText(Math.round(price.amount_cents / 12), price.currency) })
            : plan.description}
        </p>
      </header>
      <ul className="grid flex-1 content-start gap-1.5 border-t pt-3 text-ui">
        {plan.features.map((feature) => (
          <FeatureRow
            key={feature.code}
            feature={feature}
            present={isPresent ? undefined : present}
            currency={currency}
          />
        ))}
        {plan.modules.map((module) => (
          <li key={module.module_id} className="flex justify-between gap-3">
            <span className="text-muted">{t('module', { name: module.module_id })}</span>
            <span className="text-right tabular-nums">
              {!module.included
                ? t('notIncluded')
                : module.calls_per_month === null
                  ? limitText({ limit: null, unit: '', period: 'month' })
                  : limitText({ limit: module.calls_per_month, unit: 'calls', period: 'month' })}
            </span>
          </li>
        ))}
      </ul>
      {held.length > 0 && !isPresent ? (
        <ul className="grid gap-1 rounded-md bg-danger-soft px-3 py-2 text-xs text-danger">
          {held.map(({ feature, used }) => (
            <li key={feature.code}>
              {t('over', {
                name: meterName(feature.code, feature.name),
                used: amount(used, feature.unit),
                limit: amount(feature.limit ?? 0, feature.unit),
              })}
            </li>
          ))}
        </ul>
      ) : null}
      {canChange ? action() : null}
    </article>
  )

  function action() {
    const subscribed = isSubscribed(subscription)
    if (plan.prices.length === 0) {
      return subscribed && !subscription.cancel_at_period_end ? (
        <Button className="w-full" onClick={on.onCancel}>
          {t('toFree')}
        </Button>
      ) : null
    }
    const isSame = subscribed && isPaid && (subscription.interval === interval || !priceOf(plan, interval))
    if (isSame) return null
    const isUpwards = plan.position > (present?.position ?? 0)
    const canTry = !subscribed && subscription.trial_available && plan.trial_days > 0
    return (
      <Button
        className="w-full"
        look={isUpwards ? 'primary' : 'plain'}
        isBusy={isBusy}
        disabled={isWaiting && !isBusy}
        aria-label={t(canTry ? 'tryOf' : subscribed ? 'changeTo' : 'buy', {
          plan: plan.name,
          days: number(plan.trial_days),
        })}
        onClick={on.onChoose}
      >
        {canTry
          ? t('try', { days: plan.trial_days })
          : subscribed && isPaid
            ? t(interval === 'year' ? 'payYearly' : 'payMonthly')
            : t('choose', { plan: plan.name })}
      </Button>
    )
  }
}

type FeatureProps = { feature: Feature; present: Plan | undefined; currency: string }

function FeatureRow({ feature, present, currency }: FeatureProps) {
  const t = useTranslations('billing.plans')
  const { price: priceText } = useUnits()
  const meterName = useMeterName()
  const limitText = useLimitText()
  const difference = differenceOf(feature, present)
  const Arrow = difference === 'more' ? ArrowUp : ArrowDown
  return (
    <li>
      <div className="flex items-baseline justify-between gap-3">
        <span className="text-muted">{meterName(feature.code, feature.name)}</span>
        <span className={cn('text-right tabular-nums', difference !== 'same' && 'font-medium')}>
          {difference !== 'same' ? (
            <>
              <Arrow
                className={cn('mr-1 inline size-3.5', difference === 'more' ? 'text-good' : 'text-danger')}
                aria-hidden
              />
              <span className="sr-only">{t(difference)} </span>
            </>
          ) : null}
          {limitText(feature)}
        </span>
      </div>
      {feature.enforcement === 'soft' && feature.overage_cents_per_1000 !== null && feature.limit !== null ? (
        <p className="text-xs text-subtle">
          {t('overage', { price: priceText(feature.overage_cents_per_1000, currency) })}
        </p>
      ) : null}
    </li>
  )
}
