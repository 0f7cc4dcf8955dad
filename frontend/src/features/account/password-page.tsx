import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { PasswordField, TextField } from '@/components/field'
import { Notice } from '@/components/notice'
import { Page } from '@/components/page'
import { Panel } from '@/components/panel'
import { Problem, useProblemWords } from '@/components/problem'
import { toast } from '@/components/toast'
import { useAccount } from '@/hooks/use-account'
import { fieldProblem } from '@/lib/form-problem'
import { SHORTEST_PASSWORD } from '@/lib/passwords'
import { useChangeEmail, useChangePassword } from './queries'

/** What one signs in with. */
export function PasswordPage() {
  const t = useTranslations('password')
  const { user } = useAccount()
  return (
    <Page title={t('title')} isNarrow note={t('note')}>
      <div className="grid gap-4">
        <Panel title={t('password')} note={t('passwordNote')}>
          <div className="grid gap-4">
            {user.has_password ? null : <p className="text-ui text-muted">{t('noPassword')}</p>}
            <PasswordForm hasOne={user.has_password} />
          </div>
        </Panel>
        <Panel title={t('email')} note={t('emailNote', { email: user.email })}>
          <div className="grid gap-4">
            {user.pending_email ? <Notice>{t('pending', { email: user.pending_email })}</Notice> : null}
            <EmailForm />
          </div>
        </Panel>
      </div>
    </Page>
  )
}

function PasswordForm({ hasOne }: { hasOne: boolean }) {
  const t = useTranslations('password')
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const [isTried, setTried] = useState(false)
  const change = useChangePassword()
  const words = useProblemWords()
  const isShort = next.length < SHORTEST_PASSWORD
  function submit(event: FormEvent) {
    event.preventDefault()
    setTried(true)
    if (isShort || (hasOne && !current)) return
    change.mutate(
      { ...(hasOne && { current_password: current }), password: next },
      {
        onSuccess: () => {
          setCurrent('')
          setNext('')
          setTried(false)
          toast.done(t(hasOne ? 'changed' : 'isSet'))
        },
      },
    )
  }
  const short = t('short', { count: SHORTEST_PASSWORD })
  return (
    <form onSubmit={submit} className="grid gap-4" noValidate>
      {hasOne ? (
        <PasswordField
          label={t('current')}
          autoComplete="current-password"
          value={current}
          onChange={(event) => setCurrent(event.target.value)}
          error={
            isTried && !current ? t('noCurrent') : fieldProblem(change.error, 'current_password') && words(change.error)
          }
        />
      ) : null}
      <PasswordField
        label={t('new')}
        hint={short}
        autoComplete="new-password"
        value={next}
        onChange={(event) => setNext(event.target.value)}
        error={isTried && isShort ? short : fieldProblem(change.error, 'password')}
      />
      <Problem error={change.error} fields={['current_password', 'password']} />
      <Button type="submit" look="primary" className="justify-self-end" isBusy={change.isPending}>
        {t(hasOne ? 'change' : 'set')}
      </Button>
    </form>
  )
}

function EmailForm() {
  const t = useTranslations('password')
  const [email, setEmail] = useState('')
  const change = useChangeEmail()
  function submit(event: FormEvent) {
    event.preventDefault()
    change.mutate(email.trim(), {
      onSuccess: () => {
        setEmail('')
        toast.done(t('sent', { email: email.trim() }))
      },
    })
  }
  return (
    <form onSubmit={submit} className="grid gap-4">
      <TextField
        label={t('newEmail')}
        type="email"
        autoComplete="email"
        value={email}
        required
        onChange={(event) => setEmail(event.target.value)}
        error={fieldProblem(change.error, 'email')}
      />
      <Problem error={change.error} fields={['email']} />
      <Button type="submit" className="justify-self-end" isBusy={change.isPending} disabled={!email.trim()}>
        {t('changeEmail')}
      </Button>
    </form>
  )
}
