import { useInfiniteQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { Ago } from '@/components/ago'
import { Button } from '@/components/button'
import { ConfirmDialog } from '@/components/confirm-dialog'
import { Paged } from '@/components/paged'
import { Panel } from '@/components/panel'
import { toast } from '@/components/toast'
import { typeName } from '@/features/memories'
import { useOrg } from '@/hooks/use-account'
import { type Grant, grantsQuery, useRevokeGrant } from '../queries'
import { GrantDialog } from './grant-dialog'

/** What was opened to whom, what for and until when; those that have ended as well. */
export function Grants() {
  const t = useTranslations('sharing.grants')
  const grants = useInfiniteQuery(grantsQuery(useOrg()))
  const [open, setOpen] = useState<Grant | 'new' | null>(null)
  return (
    <Panel
      title={t('title')}
      note={t('note')}
      actions={
        <Button size="small" onClick={() => setOpen('new')}>
          <Plus aria-hidden />
          {t('give')}
        </Button>
      }
    >
      <Paged query={grants} none={t('none')} more={t('more')}>
        {(rows) => (
          <ul className="grid gap-3 text-ui">
            {rows.map((grant) => (
              <Row key={grant.id} grant={grant} onRevoke={() => setOpen(grant)} />
            ))}
          </ul>
        )}
      </Paged>
      {open === 'new' ? <GrantDialog onClose={() => setOpen(null)} /> : null}
      {open !== null && open !== 'new' ? <RevokeDialog grant={open} onClose={() => setOpen(null)} /> : null}
    </Panel>
  )
}

function Row({ grant, onRevoke }: { grant: Grant; onRevoke: () => void }) {
  const t = useTranslations('sharing.grants')
  const format = useFormatter()
  const to = t(`to.${grant.principal.kind}`, { name: grant.principal.name })
  const types = grant.memory_types.map(typeName).join(', ') || t('allTypes')
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-1">
      <div className="grid min-w-0 flex-1 gap-0.5">
        <span className="font-medium break-words">
          {t('opens', {
            to,
            types,
            module: grant.module,
            rights: grant.rights.map((one) => t(`rights.${one}`)).join(', '),
          })}
        </span>
        <span className="break-words text-muted">{grant.purpose}</span>
        {Object.keys(grant.filters).length > 0 ? (
          <code className="text-xs break-all text-muted">{JSON.stringify(grant.filters)}</code>
        ) : null}
        <span className="text-xs text-muted">
          {t(`states.${grant.status}`)} · <Ago at={grant.revoked_at ?? grant.created_at} />
          {grant.expires_at && grant.status === 'active'
            ? ` · ${t('until', { day: format.dateTime(new Date(grant.expires_at), { dateStyle: 'medium' }) })}`
            : null}
        </span>
      </div>
      {grant.status === 'active' ? (
        <Button size="small" aria-label={t('revokeOne', { to, module: grant.module })} onClick={onRevoke}>
          {t('revoke')}
        </Button>
      ) : null}
    </li>
  )
}

function RevokeDialog({ grant, onClose }: { grant: Grant; onClose: () => void }) {
  const t = useTranslations('sharing.grants')
  const revoke = useRevokeGrant()
  const to = t(`to.${grant.principal.kind}`, { name: grant.principal.name })
  return (
    <ConfirmDialog
      title={t('revokeOne', { to, module: grant.module })}
      confirm={t('revoke')}
      isBusy={revoke.isPending}
      error={revoke.error}
      onConfirm={() =>
        revoke.mutate(grant.id, {
          onSuccess: () => {
            toast.done(t('revoked'))
            onClose()
          },
        })
      }
      onClose={onClose}
    >
      <p>{t('revokeText')}</p>
    </ConfirmDialog>
  )
}
