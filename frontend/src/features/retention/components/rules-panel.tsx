import { Plus, X } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { TextField } from '@/components/field'
import { LeaveGuard } from '@/components/leave-guard'
import { Loaded } from '@/components/loaded'
import { Panel } from '@/components/panel'
import { Problem } from '@/components/problem'
import { toast } from '@/components/toast'
import { typeName, typeOf } from '@/features/memories'
import { cn } from '@/lib/cn'
import { focusOnce } from '@/lib/focus-once'

/** What happens to memories of a type, or to all that have no rule of their own, after so many days. */
type TypeRule = { memory_type: string | null; days: number; due: number }
/** What else a rule says. */
type More<Rule extends TypeRule> = Omit<Rule, keyof TypeRule>

type Props<Rule extends TypeRule, Data extends { rules: Rule[] }> = {
  title: string
  note: string
  edit: string
  none: string
  /** What is told once these rules are saved. */
  saved: (rules: Omit<Rule, 'due'>[]) => string
  query: Parameters<typeof Loaded<Data>>[0]['query']
  save: {
    mutate: (rules: Omit<Rule, 'due'>[], after: { onSuccess: () => void }) => void
    reset: () => void
    error: unknown
    isPending: boolean
  }
  /** What a new rule does until somebody says otherwise. */
  blank: More<Rule>
  /** A rule in words; `type` is the name of its type. */
  said: (rule: Rule, type: string) => string
  /** What else is said of a rule than its type and days. */
  field?: (rule: More<Rule>, change: (next: Partial<More<Rule>>) => void) => ReactNode
  /** Stands below the rules. */
  foot?: (data: Data) => ReactNode
}

/** Rules by type of memory, with an editor in their place. */
export function RulesPanel<Rule extends TypeRule, Data extends { rules: Rule[] }>({
  title,
  note,
  edit,
  none,
  saved,
  query,
  save,
  blank,
  said,
  field,
  foot,
}: Props<Rule, Data>) {
  const t = useTranslations('retention.rules')
  const [editing, setEditing] = useState<'not yet' | 'now' | 'done'>('not yet')
  function nameOf({ memory_type }: TypeRule, isOnly: boolean) {
    if (memory_type !== null) return typeName(memory_type)
    return t(isOnly ? 'all' : 'others')
  }
  return (
    <Panel
      title={title}
      note={note}
      actions={
        query.data && editing !== 'now' ? (
          // Where one was before the form took its place.
          <Button
            size="small"
            ref={editing === 'done' ? focusOnce : undefined}
            onClick={() => {
              save.reset()
              setEditing('now')
            }}
          >
            {edit}
          </Button>
        ) : null
      }
    >
      <Loaded query={query}>
        {(data) => (
          <div className="grid gap-3 text-ui">
            {editing === 'now' ? (
              <Editor
                label={edit}
                stored={data.rules}
                blank={blank}
                field={field}
                error={save.error}
                isBusy={save.isPending}
                onSave={(rules) =>
                  save.mutate(rules, {
                    onSuccess: () => {
                      toast.done(saved(rules))
                      setEditing('done')
                    },
                  })
                }
                onClose={() => setEditing('done')}
              />
            ) : data.rules.length === 0 ? (
              <p className="text-muted">{none}</p>
            ) : (
              <ul className="grid gap-2">
                {othersLast(data.rules).map((rule) => (
                  <li key={rule.memory_type ?? ''} className="flex flex-wrap gap-x-3">
                    <span className="min-w-0 break-words">{said(rule, nameOf(rule, data.rules.length === 1))}</span>
                    {rule.due > 0 ? <span className="text-muted">{t('due', { count: rule.due })}</span> : null}
                  </li>
                ))}
              </ul>
            )}
            {foot?.(data)}
          </div>
        )}
      </Loaded>
    </Panel>
  )
}

/** The rule for all other types means something only after those of single types. */
function othersLast<Rule extends TypeRule>(rules: Rule[]): Rule[] {
  return [...rules.filter((rule) => rule.memory_type !== null), ...rules.filter((rule) => rule.memory_type === null)]
}

type Draft<Rule extends TypeRule> = { key: number; type: string; days: string; more: More<Rule> }

type EditorProps<Rule extends TypeRule> = {
  label: string
  stored: Rule[]
  blank: More<Rule>
  field: Props<Rule, { rules: Rule[] }>['field']
  error: unknown
  isBusy: boolean
  onSave: (rules: Omit<Rule, 'due'>[]) => void
  onClose: () => void
}

const YEAR = 365

function Editor<Rule extends TypeRule>(props: EditorProps<Rule>) {
  const { label, stored, blank, field, error, isBusy, onSave, onClose } = props
  const t = useTranslations('retention.rules')
  const [drafts, setDrafts] = useState<Draft<Rule>[]>(() => othersLast(stored).map(draftOf))
  const [next, setNext] = useState(stored.length)
  const [added, setAdded] = useState<number | null>(null)
  const [isDirty, setDirty] = useState(false)
  const [isClosing, setClosing] = useState(false)
  const addButton = useRef<HTMLButtonElement>(null)
  function put(changed: Draft<Rule>[]) {
    setDrafts(changed)
    setDirty(true)
  }
  function change(key: number, part: Partial<Draft<Rule>>) {
    put(drafts.map((draft) => (draft.key === key ? { ...draft, ...part } : draft)))
  }
  function add() {
    put([...drafts, { key: next, type: '', days: String(YEAR), more: blank }])
    setAdded(next)
    setNext(next + 1)
  }
  function close() {
    if (isDirty) setClosing(true)
    else onClose()
  }
  function press(event: KeyboardEvent) {
    if (event.key !== 'Escape') return
    // The dialog that opens would hear the same press and close at once.
    event.stopPropagation()
    close()
  }
  return (
    <>
      <form
        ref={focusFirst}
        aria-label={label}
        className="grid gap-3"
        onKeyDown={press}
        onSubmit={(event) => {
          event.preventDefault()
          onSave(drafts.map(ruleOf))
        }}
      >
        {drafts.map(({ key, type, days, more }) => (
          <fieldset
            key={key}
            className={cn(
              'grid grid-cols-[minmax(0,1fr)_auto] items-start gap-3 max-sm:rounded-lg max-sm:border max-sm:p-3',
              field ? 'sm:grid-cols-[1fr_8rem_1fr_auto]' : 'sm:grid-cols-[1fr_8rem_auto]',
            )}
          >
            <legend className="sr-only">{t('rule')}</legend>
            <TextField
              ref={key === added ? focusOnce : undefined}
              label={t('type')}
              placeholder={t('others')}
              autoComplete="off"
              value={type}
              maxLength={50}
              onChange={(event) => change(key, { type: event.target.value })}
            />
            <div className="max-sm:order-1 max-sm:col-span-2">
              <TextField
                label={t('days')}
                type="number"
                min={1}
                max={36500}
                required
                value={days}
                onChange={(event) => change(key, { days: event.target.value })}
              />
            </div>
            {field ? (
              <div className="max-sm:order-1 max-sm:col-span-2">
                {field(more, (part) => change(key, { more: { ...more, ...part } }))}
              </div>
            ) : null}
            <Button
              look="quiet"
              size="icon"
              className="mt-7"
              aria-label={t('removeOne', { type: type ? typeName(type) : t('others') })}
              onClick={() => {
                put(drafts.filter((draft) => draft.key !== key))
                addButton.current?.focus()
              }}
            >
              <X aria-hidden />
            </Button>
          </fieldset>
        ))}
        <Problem error={error} />
        <div className="flex flex-wrap justify-end gap-2">
          <Button ref={addButton} className="mr-auto" onClick={add}>
            <Plus aria-hidden />
            {t('add')}
          </Button>
          <Button onClick={close}>{t('cancel')}</Button>
          <Button type="submit" look="primary" isBusy={isBusy}>
            {t('save')}
          </Button>
        </div>
      </form>
      <LeaveGuard isDirty={isDirty} isClosing={isClosing} onStay={() => setClosing(false)} onLeave={onClose} />
    </>
  )
}

/** As a `ref`: the form takes the focus of what was pressed to have it, which is gone. */
function focusFirst(form: HTMLFormElement | null) {
  form?.querySelector<HTMLElement>('input, button')?.focus()
}

function draftOf<Rule extends TypeRule>(rule: Rule, key: number): Draft<Rule> {
  const { memory_type, days, due, ...more } = rule
  return { key, type: memory_type ?? '', days: String(days), more }
}

function ruleOf<Rule extends TypeRule>({ type, days, more }: Draft<Rule>) {
  return { ...more, memory_type: typeOf(type) || null, days: Number(days) } as unknown as Omit<Rule, 'due'>
}
