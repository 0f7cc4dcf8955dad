import { KeyRound } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { TextField } from '@/components/field'
import { focusOnce } from '@/lib/focus-once'
import { fieldProblem } from '@/lib/form-problem'
import { ApiError } from '@/lib/problem'
import { arePasskeysPossible } from '@/lib/webauthn'
import { useSecondStep } from '../queries'
import { ProofProblem } from './proof-problem'
import { Or } from './providers'

type Props = { mfaToken: string; methods: string[]; onDone: () => void; onBack: () => void }

/** After the password: a code of the app, a passkey, or a recovery code. */
export function SecondStep({ mfaToken, methods, onDone, onBack }: Props) {
  const t = useTranslations('secondStep')
  const hasCodes = methods.includes('totp') || methods.includes('recovery_code')
  const [isRecovery, setRecovery] = useState(!methods.includes('totp'))
  const [code, setCode] = useState('')
  const prove = useSecondStep(mfaToken)
  // The token of the first step lasts some minutes only.
  const isOver = prove.error instanceof ApiError && prove.error.code === 'invalid_token'
  function submit(event: FormEvent) {
    event.preventDefault()
    prove.mutate(code.trim(), { onSuccess: onDone })
  }
  return (
    <div className="grid gap-4">
      {methods.includes('passkey') && arePasskeysPossible() ? (
        <>
          <Button
            size="large"
            isBusy={prove.isPending && prove.variables === null}
            onClick={() => prove.mutate(null, { onSuccess: onDone })}
          >
            <KeyRound aria-hidden />
            {t('passkey')}
          </Button>
          {hasCodes ? <Or /> : null}
        </>
      ) : null}
      {hasCodes ? (
        <form onSubmit={submit} className="grid gap-4">
          <TextField
            // Another kind of code begins anew.
            key={String(isRecovery)}
            ref={focusOnce}
            label={t(isRecovery ? 'recovery' : 'code')}
            hint={t(isRecovery ? 'recoveryHint' : 'codeHint')}
            value={code}
            inputMode={isRecovery ? 'text' : 'numeric'}
            autoComplete={isRecovery ? 'off' : 'one-time-code'}
            spellCheck={false}
            maxLength={40}
            required
            onChange={(event) => setCode(event.target.value)}
            error={fieldProblem(prove.error, 'code')}
          />
          <ProofProblem error={isOver ? null : prove.error} fields={['code']} />
          {isOver ? (
            <p role="alert" className="rounded-md bg-danger-soft px-3 py-2 text-ui text-danger">
              {t('over')}
            </p>
          ) : null}
          <Button
            type="submit"
            look="primary"
            size="large"
            isBusy={prove.isPending && prove.variables !== null}
            disabled={!code.trim()}
          >
            {t('submit')}
          </Button>
        </form>
      ) : (
        <ProofProblem error={prove.error} />
      )}
      <div className="flex flex-wrap gap-2">
        {methods.includes('totp') && methods.includes('recovery_code') ? (
          <Button
            look="quiet"
            onClick={() => {
              setRecovery(!isRecovery)
              setCode('')
              prove.reset()
            }}
          >
            {t(isRecovery ? 'useApp' : 'useRecovery')}
          </Button>
        ) : null}
        <Button look="quiet" onClick={onBack}>
          {t('back')}
        </Button>
      </div>
    </div>
  )
}
