import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { ShieldCheck, UserPlus } from 'lucide-react'
import { useDeferredValue, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { accountQuery, may } from '@/api/account'
import { Ago } from '@/components/ago'
import { Button } from '@/components/button'
import { ConfirmDialog } from '@/components/confirm-dialog'
import { inputStyle } from '@/components/field'
import { Page } from '@/components/page'
import { Panel } from '@/components/panel'
import { type PlainColumn, PlainTable } from '@/components/plain-table'
import { useProblemWords } from '@/components/problem'
import { SelectField } from '@/components/select'
import { EmptyState, ErrorState } from '@/components/states'
import { toast } from '@/components/toast'
import { useAccount, useOrg } from '@/hooks/use-account'
import { cn } from '@/lib/cn'
import { InviteDialog } from './components/invite-dialog'
import { PendingInvitations } from './components/pending-invitations'
import { TransferDialog } from './components/transfer-dialog'
import { type Member, membersQuery, type Role, rolesQuery, useRemoveMember, useSetRole } from './queries'
import { useRoleName } from './role-name'

/** Who belongs to the organisation, and as what. */
export function MembersPage() {
  const t = useTranslations('people.members')
  const { number } = useFormatter()
  const roleName = useRoleName()
  const account = useAccount()
  const org = useOrg()
  const [text, setText] = useState('')
  const [role, setRole] = useState('')
  const [isInviting, setInviting] = useState(false)
  const [isTransferring, setTransferring] = useState(false)
  const q = useDeferredValue(text.trim())
  const members = useInfiniteQuery(membersQuery(org, q, role))
  const roles = useQuery(rolesQuery(org))
  const canChange = may(account, 'members:write')
  const rows = members.data?.pages.flatMap((page) => page.results)
  const total = members.data?.pages[0]?.total
  return (
    <Page
      title={t('title')}
      note={total === undefined ? t('note') : t('count', { count: total })}
      actions={
        <>
          {may(account, 'org:admin') ? <Button onClick={() => setTransferring(true)}>{t('transfer')}</Button> : null}
          {canChange ? (
            <Button look="primary" onClick={() => setInviting(true)}>
              <UserPlus aria-hidden />
              {t('invite')}
            </Button>
          ) : null}
        </>
      }
    >
      <div className="flex flex-wrap gap-2">
        <input
          type="search"
          aria-label={t('find')}
          placeholder={t('find')}
          value={text}
          maxLength={200}
          onChange={(event) => setText(event.target.value)}
          className={cn(inputStyle, 'h-8 w-full text-ui sm:w-64')}
        />
        <SelectField
          isBare
          label={t('role')}
          value={role}
          onChange={setRole}
          options={[
            { value: '', label: t('anyRole') },
            ...(roles.data?.results.map((one) => ({ value: one.name, label: roleName(one) })) ?? []),
          ]}
        />
      </div>
      <div className="overflow-hidden rounded-lg border bg-surface">
        {members.isError && !rows ? (
          <ErrorState error={members.error} onRetry={() => void members.refetch()} isRetrying={members.isRefetching} />
        ) : rows?.length === 0 ? (
          <EmptyState
            icon={UserPlus}
            title={t('nobody')}
            action={
              <Button
                onClick={() => {
                  setText('')
                  setRole('')
                }}
              >
                {t('everybody')}
              </Button>
            }
          />
        ) : (
          <MemberTable rows={rows} roles={roles.data?.results ?? []} canChange={canChange} />
        )}
      </div>
      {members.hasNextPage ? (
        <Button
          className="self-center"
          isBusy={members.isFetchingNextPage}
          onClick={() => void members.fetchNextPage()}
        >
          {t('more', { shown: number(rows?.length ?? 0), total: number(total ?? 0) })}
        </Button>
      ) : null}
      {canChange ? <PendingInvitations onInvite={() => setInviting(true)} /> : null}
      <Leave />
      {isInviting ? <InviteDialog roles={roles.data?.results ?? []} onClose={() => setInviting(false)} /> : null}
      {isTransferring ? <TransferDialog onClose={() => setTransferring(false)} /> : null}
    </Page>
  )
}

type TableProps = { rows: Member[] | undefined; roles: Role[]; canChange: boolean }

function MemberTable({ rows, roles, canChange }: TableProps) {
  const t = useTranslations('people.members')
  const roleName = useRoleName()
  const { user } = useAccount()
  const [leaving, setLeaving] = useState<Member | null>(null)
  const remove = useRemoveMember()
  const columns: PlainColumn<Member>[] = [
    {
      id: 'who',
      header: t('who'),
      cell: (member) => (
        <div className="min-w-0">
          <p className="font-medium break-words">
            {member.name || member.email}
            {member.id === user.id ? <span className="font-normal text-muted"> {t('you')}</span> : null}
          </p>
          {member.name ? <p className="text-xs break-all text-muted">{member.email}</p> : null}
        </div>
      ),
    },
    {
      id: 'role',
      header: t('role'),
      className: 'w-40 max-sm:flex-1',
      cell: (member) =>
        canChange && member.id !== user.id && member.role !== 'owner' ? (
          <RoleMenu member={member} roles={roles} />
        ) : (
          roleName(roles.find((one) => one.name === member.role) ?? { name: member.role })
        ),
    },
    {
      id: 'mfa',
      header: t('mfa'),
      className: 'max-md:hidden w-36',
      cell: (member) =>
        member.mfa ? (
          <span className="flex items-center gap-1.5">
            <ShieldCheck className="size-4 text-good" aria-hidden />
            {t('mfaOn')}
          </span>
        ) : (
          <span className="text-muted">{t('mfaOff')}</span>
        ),
    },
    {
      id: 'seen',
      header: t('seen'),
      className: 'max-sm:hidden w-40 text-muted',
      cell: (member) => (member.last_seen_at ? <Ago at={member.last_seen_at} /> : t('never')),
    },
    ...(canChange
      ? [
          {
            id: 'actions',
            header: t('actions'),
            className: 'w-28 text-right',
            cell: (member: Member) =>
              member.id === user.id || member.role === 'owner' ? null : (
                <Button
                  look="danger"
                  size="small"
                  aria-label={t('removeOne', { name: member.name || member.email })}
                  onClick={() => {
                    remove.reset()
                    setLeaving(member)
                  }}
                >
                  {t('remove')}
                </Button>
              ),
          },
        ]
      : []),
  ]
  return (
    <>
      <PlainTable label={t('title')} columns={columns} rows={rows} idOf={(member) => member.id} />
      {leaving ? (
        <ConfirmDialog
          title={t('ask', { name: leaving.name || leaving.email })}
          confirm={t('remove')}
          isBusy={remove.isPending}
          error={remove.error}
          onConfirm={() =>
            remove.mutate(leaving.id, {
              onSuccess: () => {
                setLeaving(null)
                toast.done(t('removed', { name: leaving.name || leaving.email }))
              },
            })
          }
          onClose={() => setLeaving(null)}
        >
          <p>{t('askText')}</p>
        </ConfirmDialog>
      ) : null}
    </>
  )
}

/** Shows the new role at once, and the old one again if it is refused. */
function RoleMenu({ member, roles }: { member: Member; roles: Role[] }) {
  const t = useTranslations('people.members')
  const roleName = useRoleName()
  const words = useProblemWords()
  const set = useSetRole()
  const shown = set.isPending ? set.variables.role : member.role
  return (
    <SelectField
      isBare
      label={t('roleOf', { name: member.name || member.email })}
      value={shown}
      disabled={set.isPending}
      onChange={(role) =>
        set.mutate(
          { id: member.id, role },
          {
            onSuccess: () => toast.done(t('roleChanged', { name: member.name || member.email })),
            onError: (error) => toast.failed(words(error)),
          },
        )
      }
      // Owners are made by handing the organisation over.
      options={roles
        .filter((one) => one.name !== 'owner' || member.role === 'owner')
        .map((one) => ({ value: one.name, label: roleName(one) }))}
    />
  )
}

/** The way out of an organisation, which is everybody's. */
function Leave() {
  const t = useTranslations('people.leave')
  const account = useAccount()
  const router = useRouter()
  const [isAsking, setAsking] = useState(false)
  const remove = useRemoveMember()
  const { queryClient } = router.options.context
  function leave() {
    remove.mutate(account.user.id, {
      onSuccess: async () => {
        queryClient.removeQueries({ queryKey: accountQuery.queryKey })
        const next = account.orgs.find((one) => one.id !== account.org.id)
        await router.navigate(next ? { to: '/$org', params: { org: next.slug } } : { to: '/' })
      },
    })
  }
  return (
    <Panel title={t('title')} note={t('note')}>
      <Button look="danger" onClick={() => setAsking(true)}>
        {t('open', { name: account.org.name })}
      </Button>
      {isAsking ? (
        <ConfirmDialog
          title={t('ask', { name: account.org.name })}
          confirm={t('confirm')}
          isBusy={remove.isPending}
          error={remove.error}
          onConfirm={leave}
          onClose={() => setAsking(false)}
        >
          <p>{t('text')}</p>
        </ConfirmDialog>
      ) : null}
    </Panel>
  )
}
