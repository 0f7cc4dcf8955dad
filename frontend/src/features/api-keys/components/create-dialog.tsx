import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { TextField } from '@/components/field'
import { Loaded } from '@/components/loaded'
import { Problem } from '@/components/problem'
import { SelectField } from '@/components/select'
import { PermissionList, permissionsQuery } from '@/features/people'
import { useOrg } from '@/hooks/use-account'
import { fieldProblem } from '@/lib/form-problem'
import { endOf, LIFETIMES, type Lifetime } from '../expiry'
import { type NewKey, useCreateKey } from '../queries'

type Props = { onMade: (made: NewKey) => void; onClose: () => void }

/** Makes a key: what for, what it may do, how long. */
export function CreateDialog({ onMade, onClose }: Props) {
  const t = useTranslations('apiKeys.create')
  const permissions = useQuery(permissionsQuery(useOrg()))
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState(new Set<string>())
  const [lifetime, setLifetime] = useState<Lifetime>('90')
  const [day, setDay] = useState('')
  const create = useCreateKey()
  const isDayWrong = lifetime === 'day' && endOf('day', day, new Date()) === undefined
  function submit(event: FormEvent) {
    event.preventDefault()
    const expires_at = endOf(lifetime, day, new Date())
    if (expires_at === undefined) return
    create.mutate({ name: name.trim(), scopes: [...scopes].sort(), expires_at }, { onSuccess: onMade })
  }
  return (
    <Dialog title={t('title')} isOpen onClose={onClose} isWide>
      <form onSubmit={submit} className="grid gap-4">
        <TextField
          label={t('name')}
          hint={t('nameHint')}
          value={name}
          maxLength={100}
          required
          autoComplete="off"
          onChange={(event) => setName(event.target.value)}
          error={fieldProblem(create.error, 'name')}
        />
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <SelectField
            label={t('expires')}
            value={lifetime}
            onChange={(next) => setLifetime(next as Lifetime)}
            options={LIFETIMES.map((value) => ({
              value,
              label: value === 'never' || value === 'day' ? t(value) : t('days', { count: Number(value) }),
            }))}
            {...(lifetime === 'never' && { hint: t('neverHint') })}
          />
          {lifetime === 'day' ? (
            <TextField
              label={t('lastDay')}
              type="date"
              value={day}
              required
              onChange={(event) => setDay(event.target.value)}
              error={day && isDayWrong ? t('dayOver') : fieldProblem(create.error, 'expires_at')}
            />
          ) : null}
        </div>
        <div className="grid gap-3">
          <p className="text-ui font-medium">{t('scopes')}</p>
          <Loaded query={permissions}>
            {({ results }) => <PermissionList rows={results} chosen={scopes} onChange={setScopes} />}
          </Loaded>
        </div>
        <Problem error={create.error} fields={['name', 'expires_at']} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button
            type="submit"
            look="primary"
            isBusy={create.isPending}
            disabled={!name.trim() || scopes.size === 0 || isDayWrong}
          >
            {t('submit')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
