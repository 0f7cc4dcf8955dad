import { useInfiniteQuery } from '@tanstack/react-query'
import { KeyRound, Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { may } from '@/api/account'
import { Ago } from '@/components/ago'
import { Button } from '@/components/button'
import { ConfirmDialog } from '@/components/confirm-dialog'
import { CopyBox } from '@/components/copy'
import { Page } from '@/components/page'
import { EmptyState, ErrorState, Skeleton } from '@/components/states'
import { toast } from '@/components/toast'
import { useAccount, useOrg } from '@/hooks/use-account'
import { cn } from '@/lib/cn'
import { CreateDialog } from './components/create-dialog'
import { RotateDialog } from './components/rotate-dialog'
import { SecretDialog } from './components/secret-dialog'
import { type ApiKey, keysQuery, type NewKey, useRevokeKey } from './queries'
import { curlOf } from './snippet'

type Open = { what: 'create' } | { what: 'secret'; made: NewKey } | { what: 'rotate' | 'revoke'; key: ApiKey } | null

/** The keys by which programs use the organisation's memory. */
export function ApiKeysPage() {
  const t = useTranslations('apiKeys')
  const canChange = may(useAccount(), 'keys:write')
  const keys = useInfiniteQuery(keysQuery(useOrg()))
  const [open, setOpen] = useState<Open>(null)
  const rows = keys.data?.pages.flatMap((page) => page.results)
  const close = () => setOpen(null)
  const show = (made: NewKey) => setOpen({ what: 'secret', made })
  const create = (
    <Button look="primary" onClick={() => setOpen({ what: 'create' })}>
      <Plus aria-hidden />
      {t('add')}
    </Button>
  )
  return (
    <Page title={t('title')} note={t('note')} actions={canChange && rows?.length ? create : null}>
      {rows === undefined ? (
        keys.isError ? (
          <ErrorState error={keys.error} onRetry={() => void keys.refetch()} isRetrying={keys.isRefetching} />
        ) : (
          <Skeleton className="h-40" />
        )
      ) : rows.length === 0 ? (
        <EmptyState icon={KeyRound} title={t('none')} action={canChange ? create : null}>
          <p>{t('noneText')}</p>
          <div className="text-left">
            <CopyBox
              label={t('how')}
              text={curlOf('lift_live_…', ['memory:read'], window.location.origin)}
              copyLabel={t('secret.copyCommand')}
            />
          </div>
        </EmptyState>
      ) : (
        <ul className="divide-y rounded-lg border bg-surface">
          {rows.map((key) => (
            <KeyRow key={key.id} row={key} canChange={canChange} onOpen={(what) => setOpen({ what, key })} />
          ))}
        </ul>
      )}
      {keys.hasNextPage ? (
        <Button className="self-center" isBusy={keys.isFetchingNextPage} onClick={() => void keys.fetchNextPage()}>
          {t('more')}
        </Button>
      ) : null}
      {open?.what === 'create' ? <CreateDialog onMade={show} onClose={close} /> : null}
      {open?.what === 'rotate' ? <RotateDialog old={open.key} onMade={show} onClose={close} /> : null}
      {open?.what === 'revoke' ? <RevokeDialog revoked={open.key} onClose={close} /> : null}
      {open?.what === 'secret' ? <SecretDialog made={open.made} onClose={close} /> : null}
    </Page>
  )
}

type RowProps = { row: ApiKey; canChange: boolean; onOpen: (what: 'rotate' | 'revoke') => void }

function KeyRow({ row, canChange, onOpen }: RowProps) {
  const t = useTranslations('apiKeys')
  const isActive = row.status === 'active'
  return (
    <li className="flex flex-wrap items-start gap-x-6 gap-y-3 px-4 py-3 text-ui">
      <div className={cn('grid min-w-56 flex-1 gap-1', !isActive && 'text-muted')}>
        <p className="flex flex-wrap items-center gap-x-2">
          <span className="font-medium break-words">{row.name}</span>
          <code className="font-mono text-xs text-subtle">{row.prefix}…</code>
          {isActive ? null : (
            <span className="rounded border px-1.5 text-xs text-danger">
              {t(row.status === 'revoked' ? 'states.revoked' : 'states.expired')}
            </span>
          )}
        </p>
        <p className="flex flex-wrap gap-1">
          {row.scopes.map((scope) => (
            <code key={scope} className="rounded bg-sunken px-1.5 font-mono text-xs text-muted">
              {scope}
            </code>
          ))}
        </p>
        <p className="text-xs text-muted">
          {t('created')} <Ago at={row.created_at} />
          {` ${t('by', { email: row.created_by.email })}`}
        </p>
      </div>
      <dl className="grid w-52 grid-cols-[6rem_minmax(0,1fr)] gap-x-3 text-xs leading-5">
        <dt className="text-muted">{t('lastUsed')}</dt>
        <dd>{row.last_used_at ? <Ago at={row.last_used_at} /> : t('never')}</dd>
        {row.revoked_at ? (
          <>
            <dt className="text-muted">{t('revokedAt')}</dt>
            <dd>
              <Ago at={row.revoked_at} />
            </dd>
          </>
        ) : (
          <>
            <dt className="text-muted">{t('expires')}</dt>
            <dd>{row.expires_at ? <Ago at={row.expires_at} /> : t('noEnd')}</dd>
          </>
        )}
      </dl>
      {/* Without actions the place stays, so that the figures stand below each other. */}
      <div className={cn('flex justify-end gap-2', canChange && 'lg:w-40')}>
        {canChange && isActive ? (
          <>
            <Button size="small" aria-label={t('rotateOne', { name: row.name })} onClick={() => onOpen('rotate')}>
              {t('rotateIt')}
            </Button>
            <Button
              size="small"
              look="danger"
              aria-label={t('revokeOne', { name: row.name })}
              onClick={() => onOpen('revoke')}
            >
              {t('revokeIt')}
            </Button>
          </>
        ) : null}
      </div>
    </li>
  )
}

function RevokeDialog({ revoked, onClose }: { revoked: ApiKey; onClose: () => void }) {
  const t = useTranslations('apiKeys.revoke')
  const revoke = useRevokeKey()
  return (
    <ConfirmDialog
      title={t('title', { name: revoked.name })}
      word={revoked.name}
      confirm={t('confirm')}
      isBusy={revoke.isPending}
      error={revoke.error}
      onConfirm={() =>
        revoke.mutate(revoked.id, {
          onSuccess: () => {
            onClose()
            toast.done(t('done', { name: revoked.name }))
          },
        })
      }
      onClose={onClose}
    >
      <p>{t('text')}</p>
    </ConfirmDialog>
  )
}
