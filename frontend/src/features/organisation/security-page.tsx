import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { may } from '@/api/account'
import { Button, buttonStyle } from '@/components/button'
import { CheckField } from '@/components/check-field'
import { Dialog } from '@/components/dialog'
import { Loaded } from '@/components/loaded'
import { Notice } from '@/components/notice'
import { Page } from '@/components/page'
import { Panel } from '@/components/panel'
import { Problem } from '@/components/problem'
import { ReadOnly } from '@/components/read-only'
import { toast } from '@/components/toast'
import { useAccount, useOrg } from '@/hooks/use-account'
import { policyQuery, useSetPolicy } from './queries'

/** What the organisation asks of everybody's account. */
export function SecurityPage() {
  const t = useTranslations('organisation.security')
  const policy = useQuery(policyQuery(useOrg()))
  return (
    <Page title={t('title')} isNarrow note={t('note')}>
      <Loaded query={policy}>{(data) => <Policy isRequired={data.mfa_required} />}</Loaded>
    </Page>
  )
}

function Policy({ isRequired }: { isRequired: boolean }) {
  const t = useTranslations('organisation.security')
  const account = useAccount()
  const org = useOrg()
  const [isAsking, setAsking] = useState(false)
  const set = useSetPolicy()
  const canChange = may(account, 'org:write')
  const { totp, passkeys } = account.user.mfa
  const hasOwn = totp || passkeys > 0
  function save(next: boolean) {
    set.mutate(next, {
      onSuccess: () => {
        setAsking(false)
        toast.done(t(next ? 'isRequired' : 'isFree'))
      },
    })
  }
  return (
    <div className="grid gap-4">
      {canChange ? null : <ReadOnly permission="org:write" />}
      {canChange && !hasOwn && !isRequired ? (
        <Notice
          action={
            <Link to="/$org/settings/second-factor" params={{ org }} className={buttonStyle()}>
              {t('setUp')}
            </Link>
          }
        >
          {t('ownFirst')}
        </Notice>
      ) : null}
      <Panel title={t('secondFactor')}>
        <div className="grid gap-3">
          <CheckField
            label={t('require')}
            hint={t('requireHint')}
            isChecked={isRequired}
            isDisabled={!canChange || set.isPending}
            onChange={(next) => (next ? setAsking(true) : save(false))}
          />
          {isAsking ? null : <Problem error={set.error} />}
        </div>
      </Panel>
      <Dialog title={t('ask')} isOpen={isAsking} onClose={() => setAsking(false)}>
        <p className="text-ui text-muted">{t('askText')}</p>
        <Problem error={set.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={() => setAsking(false)}>{t('cancel')}</Button>
          <Button look="primary" isBusy={set.isPending} onClick={() => save(true)}>
            {t('confirm')}
          </Button>
        </div>
      </Dialog>
    </div>
  )
}
