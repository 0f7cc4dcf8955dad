import { useQuery } from '@tanstack/react-query'
import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { TextField } from '@/components/field'
import { Loaded } from '@/components/loaded'
import { Panel } from '@/components/panel'
import { Problem } from '@/components/problem'
import { toast } from '@/components/toast'
import { typeName } from '@/features/memories'
import { useOrg } from '@/hooks/use-account'
import { type ArchiveRule, archiveQuery, useSaveArchiveRules } from '../queries'

type Draft = { key: number; type: string; days: string }

const KILOBYTE = 1000

/** The rules by which cold memories are archived, and what the archive saves. */
export function Archive() {
  const t = useTranslations('retention.archive')
  const archive = useQuery(archiveQuery(useOrg()))
  const [isEditing, setEditing] = useState(false)
  return (
    <Panel
      title={t('title')}
      note={t('note')}
      actions={
        archive.data && !isEditing ? (
          <Button size="small" onClick={() => setEditing(true)}>
            {t('edit')}
          </Button>
        ) : null
      }
    >
      <Loaded query={archive}>
        {({ rules, memories, size_before, size_after }) => (
          <div className="grid gap-3 text-ui">
            {isEditing ? (
              <Editor stored={rules} onClose={() => setEditing(false)} />
            ) : rules.length === 0 ? (
              <p className="text-muted">{t('none')}</p>
            ) : (
              <ul className="grid gap-2">
                {rules.map((rule) => (
                  <li key={rule.memory_type ?? ''} className="flex flex-wrap gap-x-3">
                    <span>
                      {t('rule', {
                        type: rule.memory_type ? typeName(rule.memory_type) : t('others'),
                        days: rule.days,
                      })}
                    </span>
                    {rule.due > 0 ? <span className="text-muted">{t('due', { count: rule.due })}</span> : null}
                  </li>
                ))}
              </ul>
            )}
            <p className="text-muted tabular-nums">
              {t('held', {
                count: memories,
                before: size_before / KILOBYTE,
                after: size_after / KILOBYTE,
              })}
            </p>
          </div>
        )}
      </Loaded>
    </Panel>
  )
}

function Editor({ stored, onClose }: { stored: ArchiveRule[]; onClose: () => void }) {
  const t = useTranslations('retention.archive')
  const words = useTranslations('retention.rules')
  const save = useSaveArchiveRules()
  const [drafts, setDrafts] = useState<Draft[]>(() =>
    stored.map((rule, key) => ({ key, type: rule.memory_type ?? '', days: String(rule.days) })),
  )
  function change(key: number, next: Partial<Draft>) {
    setDrafts((now) => now.map((draft) => (draft.key === key ? { ...draft, ...next } : draft)))
  }
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        const rules = drafts.map(({ type, days }) => ({ memory_type: type.trim() || null, days: Number(days) }))
        save.mutate(rules, {
          onSuccess: () => {
            toast.done(t('saved'))
            onClose()
          },
        })
      }}
    >
      {drafts.map((draft) => (
        <fieldset key={draft.key} className="grid items-end gap-3 sm:grid-cols-[1fr_8rem_auto]">
          <legend className="sr-only">{words('rule')}</legend>
          <TextField
            label={words('type')}
            placeholder={words('others')}
            value={draft.type}
            pattern="[a-z][a-z0-9_]*"
            maxLength={50}
            onChange={(event) => change(draft.key, { type: event.target.value })}
          />
          <TextField
            label={words('days')}
            type="number"
            min={1}
            max={36500}
            required
            value={draft.days}
            onChange={(event) => change(draft.key, { days: event.target.value })}
          />
          <Button
            look="quiet"
            size="icon"
            aria-label={words('remove')}
            onClick={() => setDrafts((now) => now.filter(({ key }) => key !== draft.key))}
          >
            <X aria-hidden />
          </Button>
        </fieldset>
      ))}
      <Problem error={save.error} />
      <div className="flex flex-wrap justify-end gap-2">
        <Button
          className="mr-auto"
          onClick={() =>
            setDrafts((now) => [...now, { key: Math.max(-1, ...now.map(({ key }) => key)) + 1, type: '', days: '365' }])
          }
        >
          <Plus aria-hidden />
          {words('add')}
        </Button>
        <Button onClick={onClose}>{words('cancel')}</Button>
        <Button type="submit" look="primary" isBusy={save.isPending}>
          {words('save')}
        </Button>
      </div>
    </form>
  )
}
