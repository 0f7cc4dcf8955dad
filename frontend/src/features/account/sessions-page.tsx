import { useQuery } from '@tanstack/react-query'
import { Laptop, LogOut, Smartphone } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { Ago } from '@/components/ago'
import { Button } from '@/components/button'
import { ConfirmDialog } from '@/components/confirm-dialog'
import { Loaded } from '@/components/loaded'
import { Page } from '@/components/page'
import { useProblemWords } from '@/components/problem'
import { Skeleton } from '@/components/states'
import { toast } from '@/components/toast'
import { type Session, sessionsQuery, useEndSessions } from './queries'

/** Where one is signed in. */
export function SessionsPage() {
  const t = useTranslations('sessions')
  const sessions = useQuery(sessionsQuery)
  const [isAsking, setAsking] = useState(false)
  const end = useEndSessions()
  const others = sessions.data?.results.filter((one) => !one.current) ?? []
  return (
    <Page
      title={t('title')}
      isNarrow
      note={t('note')}
      actions={
        others.length > 0 ? (
          <Button look="danger" onClick={() => setAsking(true)}>
            <LogOut aria-hidden />
            {t('endOthers')}
          </Button>
        ) : null
      }
    >
      <Loaded query={sessions} skeleton={<Skeleton className="h-40" />}>
        {({ results }) => (
          <ul className="divide-y rounded-lg border bg-surface">
            {[...results]
              .sort((a, b) => Number(b.current) - Number(a.current))
              .map((session) => (
                <SessionRow key={session.id} session={session} />
              ))}
          </ul>
        )}
      </Loaded>
      {isAsking ? (
        <ConfirmDialog
          title={t('ask', { count: others.length })}
          confirm={t('endOthers')}
          isBusy={end.isPending}
          error={end.error}
          onConfirm={() =>
            end.mutate(
              others.map((one) => one.id),
              {
                onSuccess: () => {
                  setAsking(false)
                  toast.done(t('ended', { count: others.length }))
                },
              },
            )
          }
          onClose={() => setAsking(false)}
        >
          <p>{t('askText')}</p>
        </ConfirmDialog>
      ) : null}
    </Page>
  )
}

function SessionRow({ session }: { session: Session }) {
  const t = useTranslations('sessions')
  const words = useProblemWords()
  const end = useEndSessions()
  const name = [session.browser, session.device].filter(Boolean).join(' · ') || t('unknown')
  const Icon = /phone|android|ipad/i.test(session.device) ? Smartphone : Laptop
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3 text-ui">
      <Icon className="size-5 shrink-0 text-muted" aria-hidden />
      <div className="min-w-48 flex-1">
        <p className="font-medium">
          {name}
          {session.current ? (
            <span className="ml-2 rounded border px-1.5 text-xs font-normal text-good">{t('this')}</span>
          ) : null}
        </p>
        <p className="text-xs text-muted">
          {session.ip ? <span className="font-mono">{session.ip}</span> : null}
          {session.ip ? ' · ' : null}
          {t('used')} <Ago at={session.last_used_at} />
          {' · '}
          {t('since')} <Ago at={session.created_at} />
        </p>
      </div>
      {session.current ? null : (
        <Button
          size="small"
          aria-label={t('endOne', { name })}
          isBusy={end.isPending}
          onClick={() =>
            end.mutate([session.id], {
              onSuccess: () => toast.done(t('ended', { count: 1 })),
              onError: (error) => toast.failed(words(error)),
            })
          }
        >
          {t('end')}
        </Button>
      )}
    </li>
  )
}
