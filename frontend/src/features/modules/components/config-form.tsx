import { type FormEvent, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { useFormatter, useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { LeaveGuard } from '@/components/leave-guard'
import { toast } from '@/components/toast'
import { ApiError } from '@/lib/problem'
import { configOf, fieldsOf, mistakesOf, propertyAt, type Values, valuesOf } from '../config-schema'
import { type Config, type ModuleWhole, useConfigure } from '../queries'
import { ConfigField } from './config-field'

type Props = { module: Pick<ModuleWhole, 'module_id' | 'config_schema'>; stored: Config }
type Problems = { byField: Record<string, string>; whole: string[] }

const NONE: Problems = { byField: {}, whole: [] }

/** What the organisation sets for a module, as the module's own schema describes it. */
export function ConfigForm({ module, stored }: Props) {
  const t = useTranslations('modules.config')
  const { list } = useFormatter()
  const { fields, others } = fieldsOf(module.config_schema)
  const [typed, setTyped] = useState<Values>({})
  const [problems, setProblems] = useState(NONE)
  const form = useRef<HTMLFormElement>(null)
  const save = useConfigure(module.module_id)
  const before = valuesOf(fields, stored)
  const values = { ...before, ...typed }
  const isDirty = fields.some(({ name }) => values[name] !== before[name])

  function show(next: Problems) {
    // The first field that is wrong takes the focus, so it has to be marked first.
    flushSync(() => setProblems(next))
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }
  function submit(event: FormEvent) {
    event.preventDefault()
    if (save.isPending) return
    const mistakes = Object.entries(mistakesOf(fields, values))
    if (mistakes.length > 0) {
      show({ byField: Object.fromEntries(mistakes.map(([name, mistake]) => [name, t(mistake)])), whole: [] })
      return
    }
    setProblems(NONE)
    save.mutate(configOf(fields, values, stored), {
      onSuccess: () => {
        setTyped({})
        toast.done(t('saved'))
      },
      onError: (error) => show(problemsOf(error)),
    })
  }
  function problemsOf(error: Error): Problems {
    const given = error instanceof ApiError ? error.fields : []
    const rows = given.map(({ pointer, detail }) => ({ name: propertyAt(pointer), detail }))
    const known = rows.filter(({ name }) => fields.some((field) => field.name === name))
    const whole = rows.filter((row) => !known.includes(row)).map(({ detail }) => detail)
    return {
      byField: Object.fromEntries(known.map(({ name, detail }) => [name, detail])),
      whole: rows.length > 0 ? whole : [t('failed', { reason: error.message })],
    }
  }
  return (
    <form ref={form} noValidate onSubmit={submit} className="grid max-w-xl gap-4">
      {problems.whole.length > 0 ? (
        <div role="alert" className="grid gap-1 rounded-md bg-danger-soft px-3 py-2 text-ui text-danger">
          {problems.whole.map((text) => (
            <p key={text}>{text}</p>
          ))}
        </div>
      ) : null}
      {fields.map((field) => (
        <ConfigField
          key={field.name}
          field={field}
          value={values[field.name] ?? ''}
          error={problems.byField[field.name]}
          onChange={(value) => setTyped({ ...typed, [field.name]: value })}
        />
      ))}
      {others.length > 0 ? <p className="text-ui text-muted">{t('others', { names: list(others) })}</p> : null}
      {fields.length > 0 ? (
        <div className="flex justify-end gap-2">
          {isDirty ? (
            <Button
              onClick={() => {
                setTyped({})
                setProblems(NONE)
              }}
            >
              {t('discard')}
            </Button>
          ) : null}
          <Button type="submit" look="primary" isBusy={save.isPending}>
            {t('save')}
          </Button>
        </div>
      ) : null}
      <LeaveGuard isDirty={isDirty && !save.isPending} isClosing={false} onStay={() => {}} onLeave={() => {}} />
    </form>
  )
}
