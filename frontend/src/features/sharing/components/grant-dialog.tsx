import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { CheckField } from '@/components/check-field'
import { Dialog } from '@/components/dialog'
import { TextField } from '@/components/field'
import { Loaded } from '@/components/loaded'
import { Problem } from '@/components/problem'
import { SelectField } from '@/components/select'
import { toast } from '@/components/toast'
import { typeName } from '@/features/memories'
import { useOrg } from '@/hooks/use-account'
import { fieldProblem } from '@/lib/form-problem'
import {
  type Choice,
  choicesQuery,
  type ModuleSharing,
  type PrincipalKind,
  type Right,
  sharingQuery,
  useMakeGrant,
} from '../queries'

const KINDS: PrincipalKind[] = ['module', 'role', 'member', 'key']
const RIGHTS: Right[] = ['read', 'write', 'derive']

/** Opens memories of a module to somebody: whose, which, to whom, to do what, what for and until when. */
export function GrantDialog({ onClose }: { onClose: () => void }) {
  const t = useTranslations('sharing.grants')
  const sharing = useQuery(sharingQuery(useOrg()))
  return (
    <Dialog title={t('give')} isOpen onClose={onClose} isWide>
      <Loaded query={sharing}>
        {({ results }) =>
          results.length === 0 ? (
            <p className="text-ui text-muted">{t('noModules')}</p>
          ) : (
            <GrantForm modules={results} onClose={onClose} />
          )
        }
      </Loaded>
    </Dialog>
  )
}

function GrantForm({ modules, onClose }: { modules: ModuleSharing[]; onClose: () => void }) {
  const t = useTranslations('sharing.grants')
  const make = useMakeGrant()
  const [module, setModule] = useState(modules[0]?.module ?? '')
  const [types, setTypes] = useState(new Set<string>())
  const [kind, setKind] = useState<PrincipalKind>('module')
  const [principal, setPrincipal] = useState('')
  const [rights, setRights] = useState(new Set<Right>(['read']))
  const [purpose, setPurpose] = useState('')
  const [day, setDay] = useState('')
  const closed = modules.find((one) => one.module === module)?.closed_types ?? []
  const others = modules.filter((one) => one.module !== module).map((one) => ({ value: one.module, label: one.module }))

  function submit(event: FormEvent) {
    event.preventDefault()
    make.mutate(
      {
        principal_kind: kind,
        principal_id: principal,
        module,
        memory_types: [...types],
        rights: RIGHTS.filter((one) => rights.has(one)),
        purpose,
        // To the end of the day that was chosen, where they are.
        expires_at: day ? new Date(`${day}T23:59:59`).toISOString() : null,
      },
      {
        onSuccess: () => {
          toast.done(t('given'))
          onClose()
        },
      },
    )
  }

  function choose<Value>(chosen: Set<Value>, value: Value, isChosen: boolean) {
    const next = new Set(chosen)
    if (isChosen) next.add(value)
    else next.delete(value)
    return next
  }

  return (
    <form onSubmit={submit} className="grid gap-4">
      <SelectField
        label={t('module')}
        value={module}
        options={modules.map((one) => ({ value: one.module, label: one.module }))}
        onChange={(next) => {
          setModule(next)
          setTypes(new Set())
          setPrincipal('')
        }}
      />
      <fieldset className="grid gap-2">
        <legend className="mb-2 text-ui font-medium">{t('types')}</legend>
        {closed.map((type) => (
          <CheckField
            key={type}
            label={typeName(type)}
            isChecked={types.has(type)}
            onChange={(isChosen) => setTypes(choose(types, type, isChosen))}
          />
        ))}
        <p className="text-xs text-muted">{closed.length > 0 ? t('typesHint') : t('nothingClosed')}</p>
      </fieldset>
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <SelectField
          label={t('kind')}
          value={kind}
          options={KINDS.map((value) => ({ value, label: t(`kinds.${value}`) }))}
          onChange={(next) => {
            setKind(next as PrincipalKind)
            setPrincipal('')
          }}
        />
        {kind === 'module' ? (
          <Who choices={others} value={principal} onChange={setPrincipal} />
        ) : (
          <OfKind kind={kind} value={principal} onChange={setPrincipal} />
        )}
      </div>
      <fieldset className="grid gap-2">
        <legend className="mb-2 text-ui font-medium">{t('mayDo')}</legend>
        {RIGHTS.map((right) => (
          <CheckField
            key={right}
            label={t(`rights.${right}`)}
            hint={t(`rightHints.${right}`)}
            isChecked={rights.has(right)}
            onChange={(isChosen) => setRights(choose(rights, right, isChosen))}
          />
        ))}
      </fieldset>
      <TextField
        label={t('purpose')}
        hint={t('purposeHint')}
        value={purpose}
        required
        maxLength={500}
        onChange={(event) => setPurpose(event.target.value)}
        error={fieldProblem(make.error, 'purpose')}
      />
      <TextField
        label={t('lastDay')}
        hint={t('lastDayHint')}
        type="date"
        value={day}
        onChange={(event) => setDay(event.target.value)}
        error={fieldProblem(make.error, 'expires_at')}
      />
      <Problem error={make.error} fields={['purpose', 'expires_at']} />
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button type="submit" look="primary" isBusy={make.isPending} disabled={!principal || rights.size === 0}>
          {t('give')}
        </Button>
      </div>
    </form>
  )
}

type WhoProps = { value: string; onChange: (value: string) => void }

function OfKind({ kind, ...who }: WhoProps & { kind: Exclude<PrincipalKind, 'module'> }) {
  const choices = useQuery(choicesQuery(useOrg(), kind))
  return <Loaded query={choices}>{(found) => <Who choices={found} {...who} />}</Loaded>
}

function Who({ choices, value, onChange }: WhoProps & { choices: Choice[] }) {
  const t = useTranslations('sharing.grants')
  return (
    <SelectField
      label={t('who')}
      value={value}
      options={[{ value: '', label: t('choose') }, ...choices]}
      onChange={onChange}
    />
  )
}
