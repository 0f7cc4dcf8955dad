import { Link, useNavigate } from '@tanstack/react-router'
import { ArrowUpRight } from 'lucide-react'
import { createContext, use } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { useMeterName } from '@/hooks/use-meter-name'
import { useUnits } from '@/hooks/use-units'
import { cn } from '@/lib/cn'
import { ApiError } from '@/lib/problem'
import { buttonStyle } from './button'
import { toast } from './toast'

/** Whose plan it is that refuses something, and whether who sees it may change it; nothing outside of an organisation. */
export const PlansContext = createContext<{ org: string; mayChange: boolean } | null>(null)

const CODES = ['quota_exceeded', 'plan_required']

/** Whether a larger plan allows what was refused. */
export function isPlanLimit(error: unknown): error is ApiError {
  return error instanceof ApiError && CODES.includes(error.code)
}

/** Plans are named by their codes where nothing else is known of them. */
function nameOf(code: string) {
  return code.charAt(0).toUpperCase() + code.slice(1)
}

/** Says which limit refuses something, which plan lifts it, and whom to ask. */
export function useLimitWords() {
  const t = useTranslations('planLimit')
  const { list } = useFormatter()
  const { amount } = useUnits()
  const meterName = useMeterName()
  const plans = use(PlansContext)
  return (error: ApiError) => {
    const { meter, limit } = error.more
    const name = typeof meter === 'string' ? meterName(meter) : null
    const parts = [
      error.code === 'plan_required'
        ? t('notIncluded')
        : name && typeof limit === 'number'
          ? t('reached', { name, limit: amount(limit, meter === 'memory_bytes' ? 'bytes' : '') })
          : // Which limit it is only the server's own words say.
            error.message,
    ]
    if (error.availableIn.length > 0)
      parts.push(t('lifts', { plans: list(error.availableIn.map(nameOf), { type: 'disjunction' }) }))
    if (plans && !plans.mayChange) parts.push(t('ask'))
    return parts.join(' ')
  }
}

/** The way to the plans, for those who may change to another. */
export function PlansLink({ className }: { className?: string }) {
  const t = useTranslations('planLimit')
  const plans = use(PlansContext)
  if (!plans?.mayChange) return null
  return (
    <Link
      to="/$org/settings/billing"
      params={{ org: plans.org }}
      hash="plans"
      // For the router there is nowhere to go from the very address.
      onClick={() => document.getElementById('plans')?.scrollIntoView()}
      className={cn(buttonStyle({ size: 'small' }), className)}
    >
      {t('see')}
      <ArrowUpRight aria-hidden />
    </Link>
  )
}

/** Why something was refused: a limit of the plan in our words, all else in those of the server. */
export function useReason() {
  const limitWords = useLimitWords()
  return (error: Error) => (isPlanLimit(error) ? limitWords(error) : error.message)
}

/** Says in the corner of the window why something was refused; a limit of the plan comes with the way to the plans. */
export function useFailed() {
  const t = useTranslations('planLimit')
  const reason = useReason()
  const navigate = useNavigate()
  const plans = use(PlansContext)
  return (error: Error, say: (reason: string) => string) => {
    const { org, mayChange } = plans ?? { org: '', mayChange: false }
    const see = {
      label: t('see'),
      run: () => void navigate({ to: '/$org/settings/billing', params: { org }, hash: 'plans' }),
    }
    toast.failed(say(reason(error)), isPlanLimit(error) && mayChange ? see : undefined)
  }
}

type RefusalProps = { error: unknown; say: (reason: string) => string; className?: string }

/** Why an action was refused, beside it, with the way to the plans where a larger one allows it. */
export function Refusal({ error, say, className }: RefusalProps) {
  const reason = useReason()
  if (!error) return null
  return (
    <div
      role="alert"
      className={cn(
        'flex flex-wrap items-center gap-x-3 gap-y-2 rounded-md bg-danger-soft px-3 py-2 text-ui text-danger',
        className,
      )}
    >
      <p className="min-w-0 flex-1 basis-48 break-words">{say(error instanceof Error ? reason(error) : '')}</p>
      {isPlanLimit(error) ? <PlansLink className="text-fg" /> : null}
    </div>
  )
}
