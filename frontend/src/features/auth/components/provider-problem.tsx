import { useTranslations } from 'use-intl'
import { FormProblem } from '../auth-frame'

const PROBLEMS = [
  'email_not_verified',
  'invalid_credentials',
  'invalid_oauth_state',
  'oauth_account_not_verified',
  'oauth_cancelled',
  'oauth_email_not_verified',
  'oauth_failed',
  'oauth_identity_taken',
  'rate_limited',
] as const

/** Why a way to another provider has led back without success. */
export function ProviderProblem({ code }: { code: string }) {
  const t = useTranslations('providers.problems')
  const known = PROBLEMS.find((one) => one === code)
  return <FormProblem>{known ? t(known) : t('other', { code })}</FormProblem>
}
