import { useTranslations } from 'use-intl'
import { fieldProblem } from '@/lib/form-problem'
import { ApiError } from '@/lib/problem'
import { isPlanLimit, Refusal, useLimitWords } from './plan-limit'

type Props = {
  error: unknown
  /** Fields that say by themselves what is wrong with them. */
  fields?: string[]
  className?: string
}

/** Why an action was refused, in words: beside what was refused. */
export function Problem({ error, fields = [], className }: Props) {
  const words = useProblemWords()
  if (!error || fields.some((name) => fieldProblem(error, name))) return null
  return <Refusal error={error} say={() => words(error)} className={className} />
}

/** Says what a refusal means; what has no words here is said as the server says it. */
export function useProblemWords() {
  const t = useTranslations('problems')
  const limitWords = useLimitWords()
  return (error: unknown): string => {
    if (isPlanLimit(error)) return limitWords(error)
    const problem = error instanceof ApiError ? error : null
    if (!problem) return error instanceof Error && error.message ? error.message : t('unknown')
    if (problem.code === 'sole_owner' && Array.isArray(problem.more.organizations)) {
      const names = problem.more.organizations.map((one: { name?: string; slug?: string }) => one.name ?? one.slug)
      return t('sole_owner', { names: names.join(', ') })
    }
    if (problem.fields.some((field) => field.code === 'wrong_password')) return t('invalid_credentials')
    const code = CODES.find((one) => one === problem.code)
    return code ? t(code) : problem.message
  }
}

const CODES = [
  'already_member',
  'already_subscribed',
  'billing_unavailable',
  'domain_not_proven',
  'domain_taken',
  'email_not_verified',
  'email_taken',
  'escalation_refused',
  'invalid_code',
  'invalid_credentials',
  'invalid_email_change',
  'invalid_invitation',
  'invitation_for_another_address',
  'last_owner',
  'last_way_in',
  'not_subscribed',
  'payment_failed',
  'permission_denied',
  'rate_limited',
  'reauthentication_required',
  'role_in_use',
  'role_name_taken',
  'same_plan',
  'slug_taken',
  'throttled',
  'unreachable',
] as const
