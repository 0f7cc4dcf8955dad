import { useTranslations } from 'use-intl'
import { Problem } from '@/components/problem'
import { PasskeyAbandoned } from '@/lib/webauthn'

/** Why a proof did not hold; a passkey's dialog that was closed is said as what it is. */
export function ProofProblem({ error, fields = [] }: { error: unknown; fields?: string[] }) {
  const t = useTranslations('secondStep')
  if (!(error instanceof PasskeyAbandoned)) return <Problem error={error} fields={fields} />
  return (
    <p role="alert" className="rounded-md bg-danger-soft px-3 py-2 text-ui text-danger">
      {t('abandoned')}
    </p>
  )
}
