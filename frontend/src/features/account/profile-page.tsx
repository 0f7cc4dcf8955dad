import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { TextField } from '@/components/field'
import { Notice } from '@/components/notice'
import { Page } from '@/components/page'
import { Panel } from '@/components/panel'
import { Problem, useProblemWords } from '@/components/problem'
import { toast } from '@/components/toast'
import { useRoleName } from '@/features/people'
import { useAccount } from '@/hooks/use-account'
import { fieldProblem } from '@/lib/form-problem'
import { useResendVerification, useSetName } from './queries'

export function ProfilePage() {
  const t = useTranslations('profile')
  const { user, org, roles } = useAccount()
  const words = useProblemWords()
  const roleName = useRoleName()
  const resend = useResendVerification()
  return (
    <Page title={t('title')} isNarrow note={t('note')}>
      <div className="grid gap-4">
        {user.email_verified ? null : (
          <Notice
            action={
              <Button
                isBusy={resend.isPending}
                onClick={() =>
                  resend.mutate(undefined, {
                    onSuccess: () => toast.done(t('resent', { email: user.email })),
                    onError: (error) => toast.failed(words(error)),
                  })
                }
              >
                {t('resend')}
              </Button>
            }
          >
            {t('unverified', { email: user.email })}
          </Notice>
        )}
        <NameForm key={user.name} name={user.name} />
        <Panel title={t('facts')}>
          <dl className="grid grid-cols-[8rem_minmax(0,1fr)] gap-x-3 gap-y-1.5 text-ui">
            <dt className="text-muted">{t('email')}</dt>
            <dd className="break-all">{user.email}</dd>
            <dt className="text-muted">{t('organisation')}</dt>
            <dd className="break-words">{org.name}</dd>
            <dt className="text-muted">{t('role')}</dt>
            <dd>{roles.map((name) => roleName({ name })).join(', ')}</dd>
          </dl>
        </Panel>
      </div>
    </Page>
  )
}

function NameForm({ name: stored }: { name: string }) {
  const t = useTranslations('profile')
  const [name, setName] = useState(stored)
  const save = useSetName(() => toast.done(t('saved')))
  function submit(event: FormEvent) {
    event.preventDefault()
    save.mutate(name.trim())
  }
  return (
    <Panel title={t('you')}>
      <form onSubmit={submit} className="grid gap-4">
        <TextField
          label={t('name')}
          hint={t('nameHint')}
          value={name}
          maxLength={100}
          autoComplete="name"
          onChange={(event) => setName(event.target.value)}
          error={fieldProblem(save.error, 'name')}
        />
        <Problem error={save.error} fields={['name']} />
        <Button
          type="submit"
          look="primary"
          className="justify-self-end"
          isBusy={save.isPending}
          disabled={name.trim() === stored}
        >
          {t('save')}
        </Button>
      </form>
    </Panel>
  )
}
