import { useQuery } from '@tanstack/react-query'
import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { CheckField } from '@/components/check-field'
import { TextField } from '@/components/field'
import { Loaded } from '@/components/loaded'
import { Panel } from '@/components/panel'
import { Problem } from '@/components/problem'
import { SelectField } from '@/components/select'
import { toast } from '@/components/toast'
import { typeName } from '@/features/memories'
import { useOrg } from '@/hooks/use-account'
import { type Rule, rulesQuery, useSaveRules } from '../queries'

/** `came` says that the rule came with an archive, switched off. */
type Draft = { key: number; type: string; days: string; action: Rule['action']; active: boolean; came: boolean }

/** The rules by which memories go to the trash or are erased, with an editor in their place. */
export function Rules() {
  const t = useTranslations('retention.rules')
  const rules = useQuery(rulesQuery(useOrg()))
  const [isEditing, setEditing] = useState(false)
  return (
    <Panel
      title={t('title')}
      note={t('note')}
      actions={
        rules.data && !isEditing ? (
          <Button size="small" onClick={() => setEditing(true)}>
            {t('edit')}
          </Button>
        ) : null
      }
    >
      <Loaded query={rules}>
        {({ rules: stored }) =>
          isEditing ? (
            <Editor stored={stored} onClose={() => setEditing(false)} />
          ) : stored.length === 0 ? (
            <p className="text-ui text-muted">{t('none')}</p>
          ) : (
            <ul className="grid gap-2 text-ui">
              {stored.map((rule) => (
                <li key={rule.memory_type ?? ''} className="flex flex-wrap gap-x-3">
                  <span>
                    {t(rule.action === 'trash' ? 'toTrash' : 'erased', {
                      type: rule.memory_type ? typeName(rule.memory_type) : t('others'),
                      days: rule.days,
                    })}
                  </span>
                  {rule.active ? null : <span className="text-danger">{t('off')}</span>}
                  {rule.due > 0 ? <span className="text-muted">{t('due', { count: rule.due })}</span> : null}
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  )
}

function Editor({ stored, onClose }: { stored: Rule[]; onClose: () => void }) {
  const t = useTranslations('retention.rules')
  const save = useSaveRules()
  const [drafts, setDrafts] = useState<Draft[]>(() =>
    stored.map((rule, key) => ({
      key,
      type: rule.memory_type ?? '',
      days: String(rule.days),
      action: rule.action,
      active: rule.active,
      came: !rule.active,
    })),
  )
  function change(key: number, next: Partial<Draft>) {
    setDrafts((now) => now.map((draft) => (draft.key === key ? { ...draft, ...next } : draft)))
  }
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        const rules = drafts.map(({ type, days, action, active }) => ({
          memory_type: type.trim() || null,
          days: Number(days),
          action,
          active,
        }))
        save.mutate(rules, {
          onSuccess: () => {
            toast.done(t('saved'))
            onClose()
          },
        })
      }}
    >
      {drafts.map((draft) => (
        <fieldset key={draft.key} className="grid items-end gap-3 sm:grid-cols-[1fr_8rem_1fr_auto]">
          <legend className="sr-only">{t('rule')}</legend>
          <TextField
            label={t('type')}
            placeholder={t('others')}
            value={draft.type}
            pattern="[a-z][a-z0-9_]*"
            maxLength={50}
            onChange={(event) => change(draft.key, { type: event.target.value })}
          />
          <TextField
            label={t('days')}
            type="number"
            min={1}
            max={36500}
            required
            value={draft.days}
            onChange={(event) => change(draft.key, { days: event.target.value })}
          />
          <SelectField
            label={t('action')}
            value={draft.action}
            options={[
              { value: 'trash', label: t('trash') },
              { value: 'erase', label: t('erase') },
            ]}
            onChange={(action) => change(draft.key, { action: action as Rule['action'] })}
          />
          <Button
            look="quiet"
            size="icon"
            aria-label={t('remove')}
            onClick={() => setDrafts((now) => now.filter(({ key }) => key !== draft.key))}
          >
            <X aria-hidden />
          </Button>
          {draft.came ? (
            <CheckField
              label={t('active')}
              hint={t('off')}
              isChecked={draft.active}
              onChange={(active) => change(draft.key, { active })}
            />
          ) : null}
        </fieldset>
      ))}
      <Problem error={save.error} />
      <div className="flex flex-wrap justify-end gap-2">
        <Button
          className="mr-auto"
          onClick={() =>
            setDrafts((now) => [
              ...now,
              {
                key: Math.max(-1, ...now.map(({ key }) => key)) + 1,
                type: '',
                days: '365',
                action: 'trash',
                active: true,
                came: false,
              },
            ])
          }
        >
          <Plus aria-hidden />
          {t('add')}
        </Button>
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button type="submit" look="primary" isBusy={save.isPending}>
          {t('save')}
        </Button>
      </div>
    </form>
  )
}
