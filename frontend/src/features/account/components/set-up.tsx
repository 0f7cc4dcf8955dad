import { KeyRound } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { CopyBox } from '@/components/copy'
import { TextField } from '@/components/field'
import { Problem } from '@/components/problem'
import { QrCode } from '@/components/qr-code'
import { focusOnce } from '@/lib/focus-once'
import { fieldProblem } from '@/lib/form-problem'
import { PasskeyAbandoned, PasskeyKnown } from '@/lib/webauthn'
import { useActivateTotp, useAddPasskey, useBeginTotp } from '../queries'
import { RecoveryCodes } from './recovery-codes'

type Props = { onDone: () => void; onCancel?: () => void }

/** Sets up an authenticator app. It counts as on only after a code of it was right. */
export function TotpSetUp({ onDone, onCancel }: Props) {
  const t = useTranslations('secondFactor.totp')
  const [code, setCode] = useState('')
  const begin = useBeginTotp()
  const activate = useActivateTotp()
  const setup = begin.data
  if (activate.data?.recovery_codes) return <RecoveryCodes codes={activate.data.recovery_codes} onKept={onDone} />
  if (!setup)
    return (
      <div className="grid gap-3">
        <p className="text-ui text-muted">{t('text')}</p>
        <Problem error={begin.error} />
        <div className="flex gap-2">
          <Button look="primary" isBusy={begin.isPending} onClick={() => begin.mutate()}>
            {t('begin')}
          </Button>
          {onCancel ? <Button onClick={onCancel}>{t('cancel')}</Button> : null}
        </div>
      </div>
    )
  function submit(event: FormEvent) {
    event.preventDefault()
    if (!setup) return
    activate.mutate(
      { setup_token: setup.setup_token, code: code.replace(/\s/g, '') },
      { onSuccess: ({ recovery_codes }) => recovery_codes === null && onDone() },
    )
  }
  return (
    <form onSubmit={submit} className="grid gap-4">
      <ol className="grid list-decimal gap-4 pl-5 text-ui marker:text-muted">
        <li>
          <p className="pb-3">{t('scan')}</p>
          <QrCode text={setup.uri} label={t('qr')} />
          <div className="pt-3">
            <CopyBox label={t('secret')} text={setup.secret} copyLabel={t('copySecret')} />
          </div>
        </li>
        <li>
          <p className="pb-3">{t('enter')}</p>
          <TextField
            ref={focusOnce}
            label={t('code')}
            value={code}
            inputMode="numeric"
            autoComplete="one-time-code"
            maxLength={12}
            required
            onChange={(event) => setCode(event.target.value)}
            error={fieldProblem(activate.error, 'code')}
          />
        </li>
      </ol>
      <Problem error={activate.error} fields={['code']} />
      <div className="flex justify-end gap-2">
        {onCancel ? <Button onClick={onCancel}>{t('cancel')}</Button> : null}
        <Button type="submit" look="primary" isBusy={activate.isPending} disabled={code.trim().length < 6}>
          {t('submit')}
        </Button>
      </div>
    </form>
  )
}

/** Adds a passkey, by a name that tells which device or key it is. */
export function PasskeySetUp({ onDone, onCancel }: Props) {
  const t = useTranslations('secondFactor.passkeys')
  const [name, setName] = useState('')
  const add = useAddPasskey()
  if (add.data?.recovery_codes) return <RecoveryCodes codes={add.data.recovery_codes} onKept={onDone} />
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        add.mutate(name.trim(), { onSuccess: ({ recovery_codes }) => recovery_codes === null && onDone() })
      }}
    >
      <TextField
        ref={onCancel ? focusOnce : undefined}
        label={t('name')}
        hint={t('nameHint')}
        value={name}
        maxLength={100}
        required
        onChange={(event) => setName(event.target.value)}
        error={fieldProblem(add.error, 'name')}
      />
      <PasskeyProblem error={add.error} />
      <div className="flex justify-end gap-2">
        {onCancel ? <Button onClick={onCancel}>{t('cancel')}</Button> : null}
        <Button type="submit" look="primary" isBusy={add.isPending} disabled={!name.trim()}>
          {add.isPending ? null : <KeyRound aria-hidden />}
          {t('create')}
        </Button>
      </div>
    </form>
  )
}

function PasskeyProblem({ error }: { error: unknown }) {
  const t = useTranslations('secondFactor.passkeys')
  if (error instanceof PasskeyAbandoned || error instanceof PasskeyKnown)
    return (
      <p role="alert" className="rounded-md bg-danger-soft px-3 py-2 text-ui text-danger">
        {t(error instanceof PasskeyKnown ? 'known' : 'abandoned')}
      </p>
    )
  return <Problem error={error} fields={['name']} />
}
