import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { TextField } from '@/components/field'
import { LeaveGuard } from '@/components/leave-guard'
import { Panel } from '@/components/panel'
import { Problem } from '@/components/problem'
import { toast } from '@/components/toast'
import { focusOnce } from '@/lib/focus-once'
import { fieldProblem } from '@/lib/form-problem'
import { type PermissionRow, type Role, useSaveRole } from '../queries'
import { nameOf } from '../short-name'
import { PermissionList } from './permission-list'

type Props = { edited: Role | null; rows: PermissionRow[]; onClose: () => void }

/** Makes or changes a role of the organisation. */
export function RoleEditor({ edited: role, rows, onClose }: Props) {
  const t = useTranslations('people.roles')
  const [title, setTitle] = useState(role?.title ?? '')
  const [description, setDescription] = useState(role?.description ?? '')
  const [chosen, setChosen] = useState(new Set(role?.permissions ?? []))
  const [isClosing, setClosing] = useState(false)
  const save = useSaveRole(role?.id ?? null)
  const isDirty =
    !save.isSuccess &&
    (title !== (role?.title ?? '') ||
      description !== (role?.description ?? '') ||
      [...chosen].sort().join() !== [...(role?.permissions ?? [])].sort().join())
  function submit(event: FormEvent) {
    event.preventDefault()
    const draft = { title: title.trim(), description: description.trim(), permissions: [...chosen].sort() }
    save.mutate(
      { name: role?.name ?? nameOf(title), ...draft },
      {
        onSuccess: () => {
          onClose()
          toast.done(t('saved', { name: draft.title }))
        },
      },
    )
  }
  const close = () => (isDirty ? setClosing(true) : onClose())
  return (
    <Panel title={role ? t('editOne', { name: role.title || role.name }) : t('new')}>
      <form onSubmit={submit} className="grid gap-5">
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <TextField
            ref={focusOnce}
            label={t('name')}
            hint={role ? t('nameOfApi', { name: role.name }) : t('nameHint')}
            value={title}
            required
            maxLength={100}
            onChange={(event) => setTitle(event.target.value)}
            error={fieldProblem(save.error, 'title') ?? fieldProblem(save.error, 'name')}
          />
          <TextField
            label={t('description')}
            value={description}
            maxLength={300}
            onChange={(event) => setDescription(event.target.value)}
            error={fieldProblem(save.error, 'description')}
          />
        </div>
        <PermissionList rows={rows} chosen={chosen} onChange={setChosen} />
        <Problem error={save.error} fields={['title', 'name', 'description']} />
        <div className="flex justify-end gap-2">
          <Button onClick={close}>{t('cancel')}</Button>
          <Button
            type="submit"
            look="primary"
            isBusy={save.isPending}
            disabled={!title.trim() || chosen.size === 0 || !isDirty}
          >
            {t(role ? 'save' : 'create')}
          </Button>
        </div>
      </form>
      <LeaveGuard isDirty={isDirty} isClosing={isClosing} onStay={() => setClosing(false)} onLeave={onClose} />
    </Panel>
  )
}
