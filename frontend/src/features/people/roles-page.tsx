import { useQuery } from '@tanstack/react-query'
import { ChevronDown, Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { may } from '@/api/account'
import { Button } from '@/components/button'
import { ConfirmDialog } from '@/components/confirm-dialog'
import { Loaded } from '@/components/loaded'
import { Page } from '@/components/page'
import { toast } from '@/components/toast'
import { useAccount, useOrg } from '@/hooks/use-account'
import { focusOnce } from '@/lib/focus-once'
import { PermissionList } from './components/permission-list'
import { RoleEditor } from './components/role-editor'
import { type PermissionRow, permissionsQuery, type Role, rolesQuery, useDeleteRole } from './queries'
import { useRoleName, useRoleText } from './role-name'

/** What members may do: the roles that there are everywhere, and the organisation's own. */
export function RolesPage() {
  const t = useTranslations('people.roles')
  const org = useOrg()
  const canChange = may(useAccount(), 'members:write')
  const roles = useQuery(rolesQuery(org))
  const permissions = useQuery(permissionsQuery(org))
  const [isNew, setNew] = useState<boolean | 'done'>(false)
  return (
    <Page
      title={t('title')}
      note={t('note')}
      actions={
        canChange && isNew !== true ? (
          <Button look="primary" ref={isNew === 'done' ? focusOnce : undefined} onClick={() => setNew(true)}>
            <Plus aria-hidden />
            {t('add')}
          </Button>
        ) : null
      }
    >
      <Loaded query={permissions}>
        {({ results: rows }) => (
          <Loaded query={roles}>
            {({ results }) => (
              <div className="grid gap-3">
                {isNew === true ? <RoleEditor edited={null} rows={rows} onClose={() => setNew('done')} /> : null}
                {results.map((role) => (
                  <RoleCard key={role.id ?? role.name} role={role} rows={rows} canChange={canChange} />
                ))}
              </div>
            )}
          </Loaded>
        )}
      </Loaded>
    </Page>
  )
}

function RoleCard({ role, rows, canChange }: { role: Role; rows: PermissionRow[]; canChange: boolean }) {
  const t = useTranslations('people.roles')
  const name = useRoleName()(role)
  const text = useRoleText()(role)
  const [editing, setEditing] = useState<'not yet' | 'now' | 'done'>('not yet')
  const [isAsking, setAsking] = useState(false)
  const remove = useDeleteRole()
  if (editing === 'now') return <RoleEditor edited={role} rows={rows} onClose={() => setEditing('done')} />
  // A role may have what is no longer offered, such as a module's that was disabled.
  const known = new Set(rows.map((row) => row.permission))
  const others = role.permissions.filter((one) => !known.has(one))
  return (
    <details className="group rounded-lg border bg-surface">
      <summary className="flex cursor-default list-none flex-wrap items-center gap-x-3 gap-y-1 px-4 py-3 text-ui [&::-webkit-details-marker]:hidden">
        <ChevronDown className="size-4 text-subtle -rotate-90 group-open:rotate-0" aria-hidden />
        <h2 className="font-semibold">{name}</h2>
        {role.built_in ? <span className="rounded border px-1.5 text-xs text-muted">{t('builtIn')}</span> : null}
        <span className="text-muted">{t('members', { count: role.members })}</span>
        <span className="ml-auto text-muted">{t('permissions', { count: role.permissions.length })}</span>
      </summary>
      <div className="grid gap-4 border-t p-4">
        {text ? <p className="text-ui text-muted">{text}</p> : null}
        <PermissionList rows={rows} chosen={new Set(role.permissions)} onChange={() => {}} isReadOnly />
        {others.length > 0 ? <p className="text-xs text-muted">{t('others', { names: others.join(', ') })}</p> : null}
        {role.built_in ? (
          <p className="text-xs text-muted">{t('builtInText')}</p>
        ) : canChange ? (
          <div className="flex justify-end gap-2">
            <Button
              look="danger"
              aria-label={t('removeOne', { name })}
              onClick={() => {
                remove.reset()
                setAsking(true)
              }}
            >
              {t('remove')}
            </Button>
            <Button
              aria-label={t('editOne', { name })}
              ref={editing === 'done' ? focusOnce : undefined}
              onClick={() => setEditing('now')}
            >
              {t('edit')}
            </Button>
          </div>
        ) : null}
      </div>
      {isAsking && role.id ? (
        <ConfirmDialog
          title={t('ask', { name })}
          confirm={t('remove')}
          isBusy={remove.isPending}
          error={remove.error}
          onConfirm={() =>
            remove.mutate(role.id as string, {
              onSuccess: () => {
                setAsking(false)
                toast.done(t('removed', { name }))
              },
            })
          }
          onClose={() => setAsking(false)}
        >
          <p>{t('askText', { count: role.members })}</p>
        </ConfirmDialog>
      ) : null}
    </details>
  )
}
