import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { TextField } from '@/components/field'
import { LeaveGuard } from '@/components/leave-guard'
import { Loaded } from '@/components/loaded'
import { Panel } from '@/components/panel'
import { Problem } from '@/components/problem'
import { toast } from '@/components/toast'
import { useOrg } from '@/hooks/use-account'
import { fieldProblem } from '@/lib/form-problem'
import { ApiError } from '@/lib/problem'
import { centsOf, percentsOf } from '../percents'
import { type KeptSettings, settingsQuery, useSaveSettings } from '../queries'

const FIELDS = ['billing_email', 'spend_limit_cents', 'alert_percents']
const CHANGED_SINCE = 412

/** Where invoices go, how much overage may cost, and when to be warned. */
export function BillingSettingsPanel({ canChange, currency }: { canChange: boolean; currency: string }) {
  const t = useTranslations('billing.settings')
  const settings = useQuery(settingsQuery(useOrg()))
  return (
    <Panel title={t('title')} note={t('note')}>
      <Loaded query={settings}>
        {(stored) => <SettingsForm stored={stored} canChange={canChange} currency={currency} />}
      </Loaded>
    </Panel>
  )
}

type FormProps = { stored: KeptSettings; canChange: boolean; currency: string }

type Typed = { email?: string; limit?: string; percents?: string }

function SettingsForm({ stored, canChange, currency }: FormProps) {
  const t = useTranslations('billing.settings')
  const org = useOrg()
  const client = useQueryClient()
  const [typed, setTyped] = useState<Typed>({})
  // The state that was seen when one began to type: what is read meanwhile does not take its place.
  const [seen, setSeen] = useState(stored)
  const save = useSaveSettings(() => {
    setTyped({})
    toast.done(t('saved'))
  })
  const email = typed.email ?? stored.billing_email
  const limit = typed.limit ?? (stored.spend_limit_cents === null ? '' : String(stored.spend_limit_cents / 100))
  const percents = typed.percents ?? stored.alert_percents.join(', ')
  function type(part: Typed) {
    if (Object.keys(typed).length === 0) setSeen(stored)
    setTyped({ ...typed, ...part })
  }
  function takeTheirs() {
    setTyped({})
    save.reset()
    void client.invalidateQueries({ queryKey: settingsQuery(org).queryKey })
  }
  const cents = centsOf(limit)
  const alerts = percentsOf(percents)
  const body = {
    ...(email.trim() !== stored.billing_email && { billing_email: email.trim() }),
    ...(cents !== undefined && cents !== stored.spend_limit_cents && { spend_limit_cents: cents }),
    ...(alerts && String(alerts) !== String(stored.alert_percents) && { alert_percents: alerts }),
  }
  const isWrong = cents === undefined || alerts === null
  const isDirty = Object.keys(body).length > 0 || isWrong
  const isConflict = save.error instanceof ApiError && save.error.status === CHANGED_SINCE
  function submit(event: FormEvent) {
    event.preventDefault()
    if (isDirty && !isWrong && !save.isPending) save.mutate({ etag: seen.etag, body })
  }
  return (
    <form onSubmit={submit} noValidate className="grid gap-4">
      <TextField
        label={t('email')}
        hint={t('emailHint')}
        type="email"
        autoComplete="off"
        value={email}
        disabled={!canChange}
        onChange={(event) => type({ email: event.target.value })}
        error={fieldProblem(save.error, 'billing_email')}
      />
      <div className="grid gap-4 sm:grid-cols-2 sm:items-start">
        <TextField
          label={t('spendLimit', { currency: currency.toUpperCase() })}
          hint={t('spendLimitHint')}
          inputMode="decimal"
          autoComplete="off"
          placeholder={t('noSpendLimit')}
          value={limit}
          disabled={!canChange}
          onChange={(event) => type({ limit: event.target.value })}
          error={cents === undefined ? t('wrongAmount') : fieldProblem(save.error, 'spend_limit_cents')}
        />
        <TextField
          label={t('percents')}
          hint={t('percentsHint')}
          inputMode="numeric"
          autoComplete="off"
          value={percents}
          disabled={!canChange}
          onChange={(event) => type({ percents: event.target.value })}
          error={alerts === null ? t('wrongPercents') : fieldProblem(save.error, 'alert_percents')}
        />
      </div>
      {isConflict ? (
        <div role="alert" className="grid gap-2 rounded-md bg-danger-soft px-3 py-2 text-ui text-danger">
          <p>{t('conflict')}</p>
          <Button size="small" className="justify-self-start text-fg" onClick={takeTheirs}>
            {t('loadTheirs')}
          </Button>
        </div>
      ) : (
        <Problem error={save.error} fields={FIELDS} />
      )}
      {canChange ? (
        <Button
          type="submit"
          look="primary"
          className="justify-self-end"
          isBusy={save.isPending}
          disabled={!isDirty || isWrong}
        >
          {t('save')}
        </Button>
      ) : null}
      <LeaveGuard
        isDirty={canChange && isDirty && !save.isPending}
        isClosing={false}
        onStay={() => {}}
        onLeave={() => {}}
      />
    </form>
  )
}
