import { useQuery } from '@tanstack/react-query'
import { MailPlus } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { Ago } from '@/components/ago'
import { Button } from '@/components/button'
import { ConfirmDialog } from '@/components/confirm-dialog'
import { type PlainColumn, PlainTable } from '@/components/plain-table'
import { useProblemWords } from '@/components/problem'
import { EmptyState, ErrorState } from '@/components/states'
import { toast } from '@/components/toast'
import { useOrg } from '@/hooks/use-account'
import { type Invitation, invitationsQuery, rolesQuery, useResend, useRevoke } from '../queries'
import { useRoleName } from '../role-name'

/** Who was invited and has not come yet. */
export function PendingInvitations({ onInvite }: { onInvite: () => void }) {
  const t = useTranslations('people.invitations')
  const org = useOrg()
  const roleName = useRoleName()
  const words = useProblemWords()
  const invitations = useQuery(invitationsQuery(org))
  const roles = useQuery(rolesQuery(org))
  const [revoking, setRevoking] = useState<Invitation | null>(null)
  const resend = useResend()
  const revoke = useRevoke()
  const rows = invitations.data?.results
  const columns: PlainColumn<Invitation>[] = [
    {
      id: 'email',
      header: t('email'),
      cell: (one) => (
        <div className="min-w-0">
          <p className="font-medium break-all">{one.email}</p>
          {one.invited_by ? (
            <p className="text-xs break-all text-muted">{t('by', { email: one.invited_by.email })}</p>
          ) : null}
        </div>
      ),
    },
    {
      id: 'role',
      header: t('role'),
      className: 'max-sm:hidden w-40',
      cell: (one) => roleName(roles.data?.results.find((role) => role.name === one.role) ?? { name: one.role }),
    },
    {
      id: 'expires',
      header: t('expires'),
      className: 'max-sm:hidden w-40 text-muted',
      cell: (one) => <Ago at={one.expires_at} />,
    },
    {
      id: 'actions',
      header: t('actions'),
      className: 'w-64 text-right max-sm:w-full',
      cell: (one) => (
        <div className="flex flex-wrap justify-end gap-2">
          <Button
            size="small"
            aria-label={t('resendTo', { email: one.email })}
            isBusy={resend.isPending && resend.variables === one.id}
            onClick={() =>
              resend.mutate(one.id, {
                onSuccess: () => toast.done(t('resent', { email: one.email })),
                onError: (error) => toast.failed(words(error)),
              })
            }
          >
            {t('resend')}
          </Button>
          <Button
            size="small"
            look="danger"
            aria-label={t('revokeOf', { email: one.email })}
            onClick={() => {
              revoke.reset()
              setRevoking(one)
            }}
          >
            {t('revoke')}
          </Button>
        </div>
      ),
    },
  ]
  return (
    <section className="grid gap-2" aria-labelledby="pending-invitations">
      <h2 id="pending-invitations" className="mt-4 text-ui font-semibold">
        {t('title')}
      </h2>
      <div className="overflow-hidden rounded-lg border bg-surface">
        {invitations.isError && !rows ? (
          <ErrorState
            error={invitations.error}
            onRetry={() => void invitations.refetch()}
            isRetrying={invitations.isRefetching}
          />
        ) : rows?.length === 0 ? (
          <EmptyState icon={MailPlus} title={t('none')} action={<Button onClick={onInvite}>{t('invite')}</Button>}>
            {t('noneText')}
          </EmptyState>
        ) : (
          <PlainTable label={t('title')} columns={columns} rows={rows} idOf={(one) => one.id} />
        )}
      </div>
      {revoking ? (
        <ConfirmDialog
          title={t('ask', { email: revoking.email })}
          confirm={t('revoke')}
          isBusy={revoke.isPending}
          error={revoke.error}
          onConfirm={() => revoke.mutate(revoking.id, { onSuccess: () => setRevoking(null) })}
          onClose={() => setRevoking(null)}
        >
          <p>{t('askText')}</p>
        </ConfirmDialog>
      ) : null}
    </section>
  )
}
