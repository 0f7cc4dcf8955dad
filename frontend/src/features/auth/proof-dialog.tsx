import { KeyRound } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { PasswordField, TextField } from '@/components/field'
import { useAccount } from '@/hooks/use-account'
import { focusOnce } from '@/lib/focus-once'
import { fieldProblem } from '@/lib/form-problem'
import { arePasskeysPossible } from '@/lib/webauthn'
import { ProofProblem } from './components/proof-problem'
import { Or } from './components/providers'
import { useProve } from './queries'

/** Asks who one is, in front of an action that wants to be sure of it. */
export default function ProofDialog({ onAnswer }: { onAnswer: (isProven: boolean) => void }) {
  const t = useTranslations('proof')
  const { user } = useAccount()
  const prove = useProve()
  // Who has a second factor proves with it: the password alone may be known to others.
  const hasTotp = user.mfa.totp
  const hasPasskeys = user.mfa.passkeys > 0 && arePasskeysPossible()
  const [isByPassword, setByPassword] = useState(!hasTotp)
  const [text, setText] = useState('')
  const done = { onSuccess: () => onAnswer(true) }
  function submit(event: FormEvent) {
    event.preventDefault()
    prove.mutate(isByPassword ? { password: text } : { code: text.trim() }, done)
  }
  const canType = hasTotp || user.has_password
  return (
    <Dialog title={t('title')} isOpen onClose={() => onAnswer(false)}>
      <p className="text-ui text-muted">{t('text')}</p>
      {hasPasskeys ? (
        <>
          <Button
            size="large"
            ref={canType ? undefined : focusOnce}
            isBusy={prove.isPending && prove.variables === null}
            onClick={() => prove.mutate(null, done)}
          >
            <KeyRound aria-hidden />
            {t('passkey')}
          </Button>
          {canType ? <Or /> : <ProofProblem error={prove.error} />}
        </>
      ) : null}
      {canType ? (
        <form onSubmit={submit} className="grid gap-4">
          {isByPassword ? (
            <PasswordField
              ref={focusOnce}
              label={t('password')}
              autoComplete="current-password"
              value={text}
              required
              onChange={(event) => setText(event.target.value)}
              error={fieldProblem(prove.error, 'password')}
            />
          ) : (
            <TextField
              ref={focusOnce}
              label={t('code')}
              hint={t('codeHint')}
              inputMode="numeric"
              autoComplete="one-time-code"
              maxLength={40}
              value={text}
              required
              onChange={(event) => setText(event.target.value)}
              error={fieldProblem(prove.error, 'code')}
            />
          )}
          <ProofProblem error={prove.error} fields={['password', 'code']} />
          <div className="flex flex-wrap justify-end gap-2">
            {hasTotp && user.has_password ? (
              <Button
                look="quiet"
                className="mr-auto"
                onClick={() => {
                  setByPassword(!isByPassword)
                  setText('')
                  prove.reset()
                }}
              >
                {t(isByPassword ? 'useCode' : 'usePassword')}
              </Button>
            ) : null}
            <Button onClick={() => onAnswer(false)}>{t('cancel')}</Button>
            <Button
              type="submit"
              look="primary"
              isBusy={prove.isPending && prove.variables !== null}
              disabled={!text.trim()}
            >
              {t('submit')}
            </Button>
          </div>
        </form>
      ) : hasPasskeys ? null : (
        <p className="text-ui text-muted">{t('nothing')}</p>
      )}
    </Dialog>
  )
}
