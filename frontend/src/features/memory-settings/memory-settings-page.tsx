import { useQuery } from '@tanstack/react-query'
import { Pencil, RotateCcw } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { may } from '@/api/account'
import { Button } from '@/components/button'
import { LeaveGuard } from '@/components/leave-guard'
import { Page } from '@/components/page'
import { Panel } from '@/components/panel'
import { ErrorState, Skeleton } from '@/components/states'
import { toast } from '@/components/toast'
import { contextQuery, dimensionName } from '@/features/concepts'
import { useAccount, useOrg } from '@/hooks/use-account'
import { focusOnce } from '@/lib/focus-once'
import { DimensionEditor } from './components/dimension-editor'
import { DomainChoice } from './components/domain-choice'
import { PlaceAnewDialog } from './components/place-anew-dialog'
import { type Domain, isDomain } from './domains'
import { type Change, type Context, useChangeContext } from './queries'

const Models = lazy(() => import('./components/models'))

/** What the memories of the organisation are compared by. */
export function MemorySettingsPage() {
  const t = useTranslations('memorySettings')
  const context = useQuery(contextQuery(useOrg()))
  return (
    <Page title={t('title')} note={t('note')}>
      {context.data ? (
        <Settings context={context.data} />
      ) : context.isError ? (
        <ErrorState error={context.error} onRetry={() => void context.refetch()} isRetrying={context.isRefetching} />
      ) : (
        <div className="grid gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
          <Skeleton className="h-96" />
          <Skeleton className="h-40" />
        </div>
      )}
    </Page>
  )
}

function Settings({ context }: { context: Context }) {
  const t = useTranslations('memorySettings')
  const canChange = may(useAccount(), 'memory:admin')
  const save = useChangeContext()
  const [chosen, setChosen] = useState<Domain | null>(null)
  const [editing, setEditing] = useState<'not yet' | 'now' | 'done'>('not yet')
  const [change, setChange] = useState<Change | null>(null)
  const stored = isDomain(context.domain) ? context.domain : undefined
  const hasOther = chosen !== null && chosen !== stored

  function ask(next: Change) {
    save.reset()
    setChange(next)
  }
  function put(body: Change) {
    save.mutate(body, {
      onSuccess: () => {
        setChange(null)
        setChosen(null)
        if (editing === 'now') setEditing('done')
        toast.done(t('saved'))
      },
    })
  }
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
      <div className="grid min-w-0 gap-4">
        <Panel title={t('domain')} note={t('domainNote')}>
          <DomainChoice value={chosen ?? stored} onChange={setChosen} isDisabled={!canChange} />
          {hasOther ? (
            <div className="mt-3 flex flex-wrap items-center justify-end gap-2">
              <p role="status" className="mr-auto text-ui text-muted">
                {t('otherDomain')}
              </p>
              <Button onClick={() => setChosen(null)}>{t('keepDomain')}</Button>
              <Button look="primary" onClick={() => ask({ domain: chosen })}>
                {t('changeDomain')}
              </Button>
            </div>
          ) : null}
        </Panel>
        <Panel
          title={t('dimensions')}
          note={t('dimensionsNote')}
          actions={
            canChange && editing !== 'now' ? (
              <div className="flex flex-wrap justify-end gap-2">
                <Button size="small" onClick={() => ask({ dimensions: [] })}>
                  <RotateCcw aria-hidden />
                  {t('back')}
                </Button>
                <Button
                  size="small"
                  // Where one was before the form took its place.
                  ref={editing === 'done' ? focusOnce : undefined}
                  onClick={() => setEditing('now')}
                >
                  <Pencil aria-hidden />
                  {t('edit')}
                </Button>
              </div>
            ) : null
          }
        >
          {editing === 'now' ? (
            <DimensionEditor
              stored={context.dimensions}
              onSave={(dimensions) => ask({ dimensions })}
              onClose={() => setEditing('done')}
            />
          ) : (
            <dl className="grid gap-x-6 gap-y-3 text-ui sm:grid-cols-2">
              {context.dimensions.map(({ name, description }) => (
                <div key={name} className="min-w-0 break-words">
                  <dt className="font-medium">{dimensionName(name)}</dt>
                  <dd className="text-muted">{description}</dd>
                </div>
              ))}
            </dl>
          )}
        </Panel>
        {canChange ? (
          <Suspense fallback={<Skeleton className="h-40" />}>
            <Models />
          </Suspense>
        ) : null}
      </div>
      <State context={context} canChange={canChange} />
      <PlaceAnewDialog
        change={change}
        memories={context.counts.memories}
        isBusy={save.isPending}
        error={save.error}
        onSave={() => change && put(change)}
        onClose={() => setChange(null)}
      />
      <LeaveGuard isDirty={hasOther} isClosing={false} onStay={() => {}} onLeave={() => {}} />
    </div>
  )
}

/** How much there is, and whether it is in use. */
function State({ context, canChange }: { context: Context; canChange: boolean }) {
  const t = useTranslations('memorySettings.state')
  const { number } = useFormatter()
  const { counts } = context
  const facts = [
    [t('status'), context.status === 'ready' ? t('ready') : context.status],
    [t('memories'), number(counts.memories)],
    [t('trash'), number(counts.trash)],
    [t('entities'), number(counts.entities)],
  ] as const
  return (
    <Panel title={t('title')} note={canChange ? undefined : t('readOnly')}>
      <dl className="grid grid-cols-[7.5rem_minmax(0,1fr)] gap-x-3 gap-y-1.5 text-ui">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd className="tabular-nums">{value}</dd>
          </div>
        ))}
        <dt className="text-muted">{t('context')}</dt>
        <dd>
          <code className="font-mono text-xs break-all">{context.memory_context}</code>
        </dd>
      </dl>
    </Panel>
  )
}
