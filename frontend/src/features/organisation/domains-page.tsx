import { useQuery } from '@tanstack/react-query'
import { CircleAlert, CircleCheck, Clock, Globe } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { may } from '@/api/account'
import { Ago } from '@/components/ago'
import { Button } from '@/components/button'
import { ConfirmDialog } from '@/components/confirm-dialog'
import { CopyBox } from '@/components/copy'
import { TextField } from '@/components/field'
import { Loaded } from '@/components/loaded'
import { Page } from '@/components/page'
import { Panel } from '@/components/panel'
import { Problem } from '@/components/problem'
import { ReadOnly } from '@/components/read-only'
import { EmptyState } from '@/components/states'
import { toast } from '@/components/toast'
import { useAccount, useOrg } from '@/hooks/use-account'
import { cn } from '@/lib/cn'
import { fieldProblem } from '@/lib/form-problem'
import { type Domain, domainsQuery, useAddDomain, useRemoveDomain, useVerifyDomain } from './queries'

/** The organisation's own domains: sign-in there carries its brand. */
export function DomainsPage() {
  const t = useTranslations('organisation.domains')
  const domains = useQuery(domainsQuery(useOrg()))
  const canChange = may(useAccount(), 'org:write')
  return (
    <Page title={t('title')} isNarrow note={t('note')}>
      <Loaded query={domains}>
        {({ results }) => (
          <div className="grid gap-4">
            {canChange ? <AddForm /> : <ReadOnly permission="org:write" />}
            {results.length === 0 ? (
              <EmptyState icon={Globe} title={t('none')}>
                {t('noneText')}
              </EmptyState>
            ) : (
              results.map((domain) => <DomainPanel key={domain.id} domain={domain} canChange={canChange} />)
            )}
          </div>
        )}
      </Loaded>
    </Page>
  )
}

function AddForm() {
  const t = useTranslations('organisation.domains')
  const [domain, setDomain] = useState('')
  const add = useAddDomain()
  function submit(event: FormEvent) {
    event.preventDefault()
    add.mutate(domain.trim().toLowerCase(), { onSuccess: () => setDomain('') })
  }
  return (
    <Panel title={t('add')}>
      <form onSubmit={submit} className="grid gap-3">
        <div className="grid items-start gap-3 sm:grid-cols-[minmax(0,1fr)_auto]">
          <TextField
            label={t('domain')}
            hint={t('domainHint')}
            value={domain}
            onChange={(event) => setDomain(event.target.value)}
            error={fieldProblem(add.error, 'domain')}
            required
            maxLength={253}
            autoComplete="off"
            spellCheck={false}
          />
          <Button
            type="submit"
            look="primary"
            size="large"
            className="sm:mt-6.5"
            isBusy={add.isPending}
            disabled={!domain.trim()}
          >
            {t('submit')}
          </Button>
        </div>
        <Problem error={add.error} fields={['domain']} />
      </form>
    </Panel>
  )
}

const STATES = {
  verified: { Icon: CircleCheck, colour: 'text-good' },
  pending: { Icon: Clock, colour: 'text-muted' },
  failing: { Icon: CircleAlert, colour: 'text-danger' },
}

function DomainPanel({ domain, canChange }: { domain: Domain; canChange: boolean }) {
  const t = useTranslations('organisation.domains')
  const [isAsking, setAsking] = useState(false)
  const verify = useVerifyDomain()
  const remove = useRemoveDomain()
  const state = domain.status in STATES ? (domain.status as keyof typeof STATES) : 'pending'
  const { Icon, colour } = STATES[state]
  return (
    <Panel
      title={domain.domain}
      actions={
        <span className={cn('flex items-center gap-1.5 text-ui', colour)}>
          <Icon className="size-4" aria-hidden />
          {t(`states.${state}`)}
        </span>
      }
    >
      <div className="grid gap-3">
        <p className="text-ui text-muted">
          {t(`texts.${state}`)}
          {domain.checked_at ? (
            <>
              {' '}
              {t('checked')} <Ago at={domain.checked_at} />.
            </>
          ) : null}
        </p>
        {domain.status === 'verified' ? null : (
          <>
            <CopyBox label={t('recordName')} text={domain.txt_name} copyLabel={t('copyName')} />
            <CopyBox label={t('recordValue')} text={domain.txt_value} copyLabel={t('copyValue')} />
          </>
        )}
        <Problem error={verify.error} />
        {canChange ? (
          <div className="flex justify-end gap-2">
            <Button look="danger" onClick={() => setAsking(true)}>
              {t('remove')}
            </Button>
            <Button
              look={domain.status === 'verified' ? 'plain' : 'primary'}
              isBusy={verify.isPending}
              onClick={() =>
                verify.mutate(domain.id, {
                  onSuccess: (checked) => {
                    if (checked.status === 'verified') toast.done(t('isVerified', { domain: domain.domain }))
                  },
                })
              }
            >
              {t('verify')}
            </Button>
          </div>
        ) : null}
      </div>
      {isAsking ? (
        <ConfirmDialog
          title={t('ask', { domain: domain.domain })}
          confirm={t('remove')}
          isBusy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(domain.id, { onSuccess: () => setAsking(false) })}
          onClose={() => setAsking(false)}
        >
          <p>{t('askText')}</p>
        </ConfirmDialog>
      ) : null}
    </Panel>
  )
}
