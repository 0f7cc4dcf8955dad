import { Copy, type LucideIcon, RotateCw } from 'lucide-react'
import type { ReactNode } from 'react'
import { useFormatter, useNow, useTranslations } from 'use-intl'
import { cn } from '@/lib/cn'
import { isMissingPart } from '@/lib/missing-part'
import { ApiError } from '@/lib/problem'
import { Button } from './button'
import { isPlanLimit, PlansLink, useLimitWords } from './plan-limit'
import { toast } from './toast'

/** Holds the place of what is being loaded. */
export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={cn('animate-pulse rounded-md bg-sunken', className)} />
}

type EmptyProps = { icon: LucideIcon; title: string; children?: ReactNode; action?: ReactNode }

/** Nothing is here yet, or nothing fits: the title says which, the action leads on. */
export function EmptyState({ icon: Icon, title, children, action }: EmptyProps) {
  return (
    <div className="grid justify-items-center gap-1.5 px-6 py-12 text-center">
      <div className="mb-1.5 grid size-10 place-items-center rounded-lg border bg-sunken text-muted">
        <Icon className="size-5" aria-hidden />
      </div>
      <h2 className="text-sm font-semibold">{title}</h2>
      {children ? <div className="grid max-w-[52ch] gap-3 text-ui text-muted">{children}</div> : null}
      {action ? <div className="mt-2 flex gap-2">{action}</div> : null}
    </div>
  )
}

type ErrorProps = { error: unknown; onRetry?: () => void; isRetrying?: boolean }

/** What went wrong, in words, with the way out: a retry, a person to ask, a larger plan. */
export function ErrorState({ error, onRetry, isRetrying = false }: ErrorProps) {
  const t = useTranslations('error')
  const { relativeTime } = useFormatter()
  const now = useNow()
  const limitWords = useLimitWords()
  const problem = error instanceof ApiError ? error : null
  const kind = isMissingPart(error) ? 'unreachable' : kindOf(problem)
  const requestId = problem?.requestId
  async function copy(id: string) {
    await navigator.clipboard.writeText(id)
    toast.done(t('copied'))
  }
  return (
    <div role="alert" className="grid justify-items-center gap-1.5 px-6 py-12 text-center">
      <h2 className="text-sm font-semibold">{t(`${kind}.title`)}</h2>
      {isPlanLimit(error) ? <p className="max-w-[52ch] text-ui">{limitWords(error)}</p> : null}
      <p className="max-w-[52ch] text-ui text-muted">{t(`${kind}.text`)}</p>
      {problem && kind === 'failed' ? <p className="max-w-[52ch] text-ui text-muted">{problem.message}</p> : null}
      {problem?.possibleAt && (kind === 'overPlan' || kind === 'tooMany') ? (
        <p className="text-ui text-muted">{t('again', { when: relativeTime(problem.possibleAt, now) })}</p>
      ) : null}
      <div className="mt-2 flex flex-wrap justify-center gap-2 empty:hidden">
        {isPlanLimit(error) ? <PlansLink className="h-8" /> : null}
        {onRetry && kind !== 'notAllowed' && kind !== 'notInPlan' ? (
          <Button onClick={onRetry} isBusy={isRetrying}>
            {isRetrying ? null : <RotateCw aria-hidden />}
            {t('retry')}
          </Button>
        ) : null}
      </div>
      {requestId ? (
        <p className="mt-1 flex items-center gap-1 text-xs text-subtle">
          {t('request')} <code className="font-mono break-all">{requestId}</code>
          <button
            type="button"
            aria-label={t('copyRequest')}
            onClick={() => copy(requestId)}
            className="grid size-6 place-items-center rounded hover:text-fg"
          >
            <Copy className="size-3.5" aria-hidden />
          </button>
        </p>
      ) : null}
    </div>
  )
}

function kindOf(problem: ApiError | null) {
  switch (problem?.status) {
    case 0:
      return 'unreachable'
    case 402:
      return 'overPlan'
    case 403:
      return problem.code === 'plan_required' ? 'notInPlan' : 'notAllowed'
    case 404:
      return 'notFound'
    case 429:
      return 'tooMany'
    case 503:
      return 'away'
    default:
      return 'failed'
  }
}
