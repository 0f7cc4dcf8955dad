import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { CircleCheck, Plus } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Ago } from '@/components/ago'
import { Button, buttonStyle } from '@/components/button'
import { ConfirmDialog } from '@/components/confirm-dialog'
import { Dialog } from '@/components/dialog'
import { TextField } from '@/components/field'
import { Loaded } from '@/components/loaded'
import { Notice } from '@/components/notice'
import { Page } from '@/components/page'
import { Panel } from '@/components/panel'
import { Problem } from '@/components/problem'
import { toast } from '@/components/toast'
import { useAccount, useOrg } from '@/hooks/use-account'
import { focusOnce } from '@/lib/focus-once'
import { fieldProblem } from '@/lib/form-problem'
import { arePasskeysPossible } from '@/lib/webauthn'
import { RecoveryCodes } from './components/recovery-codes'
import { PasskeySetUp, TotpSetUp } from './components/set-up'
import {
  type Factors,
  factorsQuery,
  type Passkey,
  useNewRecoveryCodes,
  useRemovePasskey,
  useRemoveTotp,
  useRenamePasskey,
  useRereadFactors,
} from './queries'

/** What one proves oneself with beside the password. */
export function SecondFactorPage() {
  const t = useTranslations('secondFactor')
  const { user } = useAccount()
  const org = useOrg()
  const factors = useQuery(factorsQuery)
  return (
    <Page title={t('title')} isNarrow note={t('note')}>
      <Loaded query={factors}>
        {(data) => (
          <div className="grid gap-4">
            {data.totp || data.passkeys.length > 0 ? null : user.email_verified ? (
              <Notice>{t('none')}</Notice>
            ) : (
              <Notice
                action={
                  <Link to="/$org/settings/profile" params={{ org }} className={buttonStyle()}>
                    {t('toProfile')}
                  </Link>
                }
              >
                {t('unverified')}
              </Notice>
            )}
            <Totp totp={data.totp} />
            <Passkeys passkeys={data.passkeys} />
            {data.recovery_codes ? <Recovery codes={data.recovery_codes} /> : null}
          </div>
        )}
      </Loaded>
    </Page>
  )
}

function Totp({ totp }: { totp: Factors['totp'] }) {
  const t = useTranslations('secondFactor.totp')
  const reread = useRereadFactors()
  const [isSettingUp, setSettingUp] = useState(false)
  const [isAsking, setAsking] = useState(false)
  const remove = useRemoveTotp()
  return (
    <Panel
      title={t('title')}
      note={t('note')}
      actions={
        totp && !isSettingUp ? (
          <span className="flex items-center gap-1.5 text-ui text-good">
            <CircleCheck className="size-4" aria-hidden />
            {t('on')}
          </span>
        ) : null
      }
    >
      {totp && !isSettingUp ? (
        <div className="flex flex-wrap items-center justify-between gap-3">
          <p className="text-ui text-muted">
            {t('since')} <Ago at={totp.created_at} />.{' '}
            {totp.last_used_at ? (
              <>
                {t('used')} <Ago at={totp.last_used_at} />.
              </>
            ) : null}
          </p>
          <Button look="danger" onClick={() => setAsking(true)}>
            {t('remove')}
          </Button>
        </div>
      ) : (
        <TotpSetUp
          onDone={() => {
            setSettingUp(false)
            toast.done(t('isOn'))
            void reread()
          }}
        />
      )}
      {isAsking ? (
        <ConfirmDialog
          title={t('ask')}
          confirm={t('remove')}
          isBusy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(undefined, { onSuccess: () => setAsking(false) })}
          onClose={() => setAsking(false)}
        >
          <p>{t('askText')}</p>
        </ConfirmDialog>
      ) : null}
    </Panel>
  )
}

function Passkeys({ passkeys }: { passkeys: Passkey[] }) {
  const t = useTranslations('secondFactor.passkeys')
  const reread = useRereadFactors()
  const [isAdding, setAdding] = useState(false)
  const [renaming, setRenaming] = useState<Passkey | null>(null)
  const [removing, setRemoving] = useState<Passkey | null>(null)
  const remove = useRemovePasskey()
  const isPossible = arePasskeysPossible()
  return (
    <Panel
      title={t('title')}
      note={t('note')}
      actions={
        isPossible && !isAdding ? (
          <Button size="small" onClick={() => setAdding(true)}>
            <Plus aria-hidden />
            {t('add')}
          </Button>
        ) : null
      }
    >
      {isAdding ? (
        <PasskeySetUp
          onDone={() => {
            setAdding(false)
            toast.done(t('added'))
            void reread()
          }}
          onCancel={() => setAdding(false)}
        />
      ) : passkeys.length === 0 ? (
        <p className="text-ui text-muted">{t(isPossible ? 'none' : 'impossible')}</p>
      ) : (
        <ul className="divide-y">
          {passkeys.map((passkey) => (
            <li key={passkey.id} className="flex flex-wrap items-center gap-x-4 gap-y-2 py-2 text-ui">
              <div className="min-w-40 flex-1">
                <p className="font-medium break-words">{passkey.name}</p>
                <p className="text-xs text-muted">
                  {t('since')} <Ago at={passkey.created_at} />
                  {passkey.last_used_at ? (
                    <>
                      {' · '}
                      {t('used')} <Ago at={passkey.last_used_at} />
                    </>
                  ) : null}
                </p>
              </div>
              <div className="flex gap-2">
                <Button
                  size="small"
                  aria-label={t('renameOne', { name: passkey.name })}
                  onClick={() => setRenaming(passkey)}
                >
                  {t('rename')}
                </Button>
                <Button
                  size="small"
                  look="danger"
                  aria-label={t('removeOne', { name: passkey.name })}
                  onClick={() => {
                    remove.reset()
                    setRemoving(passkey)
                  }}
                >
                  {t('remove')}
                </Button>
              </div>
            </li>
          ))}
        </ul>
      )}
      {renaming ? <RenameDialog passkey={renaming} onClose={() => setRenaming(null)} /> : null}
      {removing ? (
        <ConfirmDialog
          title={t('ask', { name: removing.name })}
          confirm={t('remove')}
          isBusy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(removing.id, { onSuccess: () => setRemoving(null) })}
          onClose={() => setRemoving(null)}
        >
          <p>{t('askText')}</p>
        </ConfirmDialog>
      ) : null}
    </Panel>
  )
}

function RenameDialog({ passkey, onClose }: { passkey: Passkey; onClose: () => void }) {
  const t = useTranslations('secondFactor.passkeys')
  const [name, setName] = useState(passkey.name)
  const rename = useRenamePasskey()
  function submit(event: FormEvent) {
    event.preventDefault()
    rename.mutate({ id: passkey.id, name: name.trim() }, { onSuccess: onClose })
  }
  return (
    <Dialog title={t('renameOne', { name: passkey.name })} isOpen onClose={onClose}>
      <form onSubmit={submit} className="grid gap-4">
        <TextField
          ref={focusOnce}
          label={t('name')}
          value={name}
          maxLength={100}
          required
          onChange={(event) => setName(event.target.value)}
          error={fieldProblem(rename.error, 'name')}
        />
        <Problem error={rename.error} fields={['name']} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" look="primary" isBusy={rename.isPending} disabled={!name.trim()}>
            {t('save')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function Recovery({ codes }: { codes: NonNullable<Factors['recovery_codes']> }) {
  const t = useTranslations('secondFactor.recovery')
  const [isAsking, setAsking] = useState(false)
  const renew = useNewRecoveryCodes()
  return (
    <Panel title={t('title')} note={t('note')}>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="text-ui text-muted">
          {t('left', { count: codes.unused })} {t('since')} <Ago at={codes.created_at} />.
        </p>
        <Button
          onClick={() => {
            renew.reset()
            setAsking(true)
          }}
        >
          {t('renew')}
        </Button>
      </div>
      {isAsking ? (
        renew.data ? (
          // It closes when the codes are kept: they cannot be shown again.
          <Dialog title={t('title')} isOpen onClose={() => {}}>
            <RecoveryCodes codes={renew.data.recovery_codes ?? []} onKept={() => setAsking(false)} />
          </Dialog>
        ) : (
          <ConfirmDialog
            title={t('ask')}
            confirm={t('renew')}
            isBusy={renew.isPending}
            error={renew.error}
            onConfirm={() => renew.mutate(undefined)}
            onClose={() => setAsking(false)}
          >
            <p>{t('askText')}</p>
          </ConfirmDialog>
        )
      ) : null}
    </Panel>
  )
}
