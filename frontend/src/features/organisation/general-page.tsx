import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { accountQuery, may } from '@/api/account'
import { closeSession } from '@/api/session'
import { Button } from '@/components/button'
import { ConfirmDialog } from '@/components/confirm-dialog'
import { CopyBox } from '@/components/copy'
import { TextField } from '@/components/field'
import { Loaded } from '@/components/loaded'
import { Page } from '@/components/page'
import { Panel } from '@/components/panel'
import { Problem } from '@/components/problem'
import { ReadOnly } from '@/components/read-only'
import { toast } from '@/components/toast'
import { useAccount, useOrg } from '@/hooks/use-account'
import { fieldProblem } from '@/lib/form-problem'
import { type Organization, organizationQuery, useDeleteOrganization, useRename } from './queries'

/** Name and short name of the organisation, and its end. */
export function GeneralPage() {
  const t = useTranslations('organisation.general')
  const account = useAccount()
  const organization = useQuery(organizationQuery(useOrg()))
  const canChange = may(account, 'org:write')
  return (
    <Page title={t('title')} isNarrow note={t('note')}>
      <Loaded query={organization}>
        {(data) => (
          <div className="grid gap-4">
            {canChange ? null : <ReadOnly permission="org:write" />}
            {/* Another name from elsewhere begins another form. */}
            <NameForm key={`${data.name} ${data.slug}`} organization={data} canChange={canChange} />
            <Panel title={t('id')} note={t('idNote')}>
              <CopyBox label={t('idLabel')} text={data.id} copyLabel={t('copyId')} />
            </Panel>
            {may(account, 'org:admin') ? <End organization={data} /> : null}
          </div>
        )}
      </Loaded>
    </Page>
  )
}

function NameForm({ organization, canChange }: { organization: Organization; canChange: boolean }) {
  const t = useTranslations('organisation.general')
  const [name, setName] = useState(organization.name)
  const [slug, setSlug] = useState(organization.slug)
  const rename = useRename(() => toast.done(t('saved')))
  const isChanged = name.trim() !== organization.name || slug.trim() !== organization.slug
  function save(event: FormEvent) {
    event.preventDefault()
    if (!isChanged) return
    rename.mutate({ name: name.trim(), slug: slug.trim() })
  }
  return (
    <Panel title={t('names')}>
      <form onSubmit={save} className="grid gap-4">
        <TextField
          label={t('name')}
          value={name}
          maxLength={100}
          required
          disabled={!canChange}
          onChange={(event) => setName(event.target.value)}
          error={fieldProblem(rename.error, 'name')}
        />
        <TextField
          label={t('slug')}
          hint={t('slugHint', { address: `${window.location.host}/${slug}` })}
          value={slug}
          maxLength={63}
          required
          spellCheck={false}
          disabled={!canChange}
          onChange={(event) => setSlug(event.target.value)}
          error={fieldProblem(rename.error, 'slug')}
        />
        <Problem error={rename.error} fields={['name', 'slug']} />
        {canChange ? (
          <Button
            type="submit"
            look="primary"
            className="justify-self-end"
            isBusy={rename.isPending}
            disabled={!isChanged}
          >
            {t('save')}
          </Button>
        ) : null}
      </form>
    </Panel>
  )
}

/** Closes the organisation at once; it is erased later. */
function End({ organization }: { organization: Organization }) {
  const t = useTranslations('organisation.general.end')
  const { dateTime } = useFormatter()
  const account = useAccount()
  const client = useQueryClient()
  const navigate = useNavigate()
  const [isAsking, setAsking] = useState(false)
  const remove = useDeleteOrganization()
  function leave({ delete_after }: { delete_after: string }) {
    const date = dateTime(new Date(delete_after), { dateStyle: 'long' })
    toast.news(t('done', { name: organization.name, date }))
    const next = account.orgs.find((one) => one.id !== organization.id)
    if (!next) return closeSession()
    client.removeQueries({ queryKey: accountQuery.queryKey })
    void navigate({ to: '/$org', params: { org: next.slug }, replace: true })
  }
  return (
    <Panel title={t('title')} note={t('note')}>
      <Button look="danger" onClick={() => setAsking(true)}>
        {t('open')}
      </Button>
      {isAsking ? (
        <ConfirmDialog
          title={t('ask', { name: organization.name })}
          word={organization.slug}
          confirm={t('confirm')}
          isBusy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(organization.slug, { onSuccess: leave })}
          onClose={() => setAsking(false)}
        >
          <p>{t('text')}</p>
        </ConfirmDialog>
      ) : null}
    </Panel>
  )
}
