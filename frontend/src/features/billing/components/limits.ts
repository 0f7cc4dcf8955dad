import { useTranslations } from 'use-intl'
import { useUnits } from '@/hooks/use-units'
import type { Feature } from '../types'

const PERIODS = ['month', 'day', 'hour'] as const

/** A limit as people say it: "10 GB", "1,000 a day", "no limit". */
export function useLimitText() {
  const t = useTranslations('billing.limits')
  const { amount } = useUnits()
  return ({ limit, unit, period }: Pick<Feature, 'limit' | 'unit' | 'period'>): string => {
    if (limit === null) return t('none')
    if (limit === 0) return t('nothing')
    const known = PERIODS.find((one) => one === period)
    return known ? t(known, { amount: amount(limit, unit) }) : amount(limit, unit)
  }
}
