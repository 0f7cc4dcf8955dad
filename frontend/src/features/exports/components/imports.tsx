import { useInfiniteQuery } from '@tanstack/react-query'
import { PackageOpen } from 'lucide-react'
import { useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Ago } from '@/components/ago'
import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { Paged } from '@/components/paged'
import { Panel } from '@/components/panel'
import { Problem } from '@/components/problem'
import { Progress } from '@/components/progress'
import { ErrorState, Skeleton } from '@/components/states'
import { typeName } from '@/features/memories'
import { useOrg } from '@/hooks/use-account'
import { faultsQuery, type Import, importsQuery, useCancelImport, useSendArchive } from '../queries'

/** The archives that were brought in. */
export function Imports() {
  const t = useTranslations('exports.imports')
  const imports = useInfiniteQuery(importsQuery(useOrg()))
  const send = useSendArchive()
  const chooser = useRef<HTMLInputElement>(null)
  const [shown, setShown] = useState<Import | null>(null)
  return (
    <Panel
      title={t('title')}
      note={t('note')}
      actions={
        <>
          <input
            ref={chooser}
            type="file"
            accept=".zip"
            hidden
            aria-label={t('choose')}
            onChange={(event) => {
              const file = event.target.files?.[0]
              if (file) send.mutate(file)
              event.target.value = ''
            }}
          />
          <Button size="small" isBusy={send.isPending} onClick={() => chooser.current?.click()}>
            {send.isPending ? null : <PackageOpen aria-hidden />}
            {t('choose')}
          </Button>
        </>
      }
    >
      <div className="grid gap-4 text-ui">
        <Problem error={send.error} />
        <Paged query={imports} none={t('none')} more={t('more')}>
          {(rows) => (
            <ul className="grid gap-4">
              {rows.map((row) => (
                <Row key={row.import_id} row={row} onShow={() => setShown(row)} />
              ))}
            </ul>
          )}
        </Paged>
      </div>
      {shown ? <Faults row={shown} onClose={() => setShown(null)} /> : null}
    </Panel>
  )
}

function Row({ row, onShow }: { row: Import; onShow: () => void }) {
  const t = useTranslations('exports.imports')
  const cancel = useCancelImport()
  const isAtWork = row.status === 'queued' || row.status === 'running'
  const passed = row.created + row.skipped
  const state = t('counts', { created: row.created, skipped: row.skipped, total: row.total })
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-2">
      <div className="grid min-w-56 flex-1 gap-1">
        <span className="font-medium break-all">{row.name}</span>
        <span className="text-muted">
          {t(`states.${row.status}`)}: {state}
        </span>
        {row.holds + row.rules > 0 ? (
          <span className="text-muted">{t('rules', { holds: row.holds, rules: row.rules })}</span>
        ) : null}
        {row.rules_off.length > 0 ? (
          <span className="break-words text-muted">{t('off', { types: row.rules_off.map(typeName).join(', ') })}</span>
        ) : null}
        {row.error ? <span className="break-words text-danger">{row.error.detail}</span> : null}
        {isAtWork ? <Progress label={t('progress')} text={state} done={passed / (row.total || 1)} settled={0} /> : null}
        <span className="text-xs text-muted">
          <Ago at={row.finished_at ?? row.created_at} />
        </span>
        <Problem error={cancel.error} />
      </div>
      <div className="flex gap-2">
        {row.failed > 0 ? (
          <Button size="small" aria-label={t('showOne', { name: row.name })} onClick={onShow}>
            {t('show', { count: row.failed })}
          </Button>
        ) : null}
        {isAtWork ? (
          <Button size="small" isBusy={cancel.isPending} onClick={() => cancel.mutate(row.import_id)}>
            {t('cancel')}
          </Button>
        ) : null}
      </div>
    </li>
  )
}

function Faults({ row, onClose }: { row: Import; onClose: () => void }) {
  const t = useTranslations('exports.imports')
  const faults = useInfiniteQuery(faultsQuery(useOrg(), row.import_id))
  const rows = faults.data?.pages.flatMap((page) => page.results)
  return (
    <Dialog title={t('faults')} isOpen onClose={onClose}>
      <div className="grid gap-3 text-ui">
        {rows === undefined ? (
          faults.isError ? (
            <ErrorState error={faults.error} onRetry={() => void faults.refetch()} isRetrying={faults.isRefetching} />
          ) : (
            <Skeleton className="h-24" />
          )
        ) : (
          <ul className="grid gap-2">
            {rows.map((fault) => (
              <li key={`${fault.member} ${fault.line}`} className="grid gap-0.5">
                <span className="break-words">{fault.detail}</span>
                <code className="font-mono text-xs break-all text-muted">
                  {fault.member}:{fault.line}
                </code>
              </li>
            ))}
          </ul>
        )}
        {faults.hasNextPage ? (
          <Button
            size="small"
            className="justify-self-start"
            isBusy={faults.isFetchingNextPage}
            onClick={() => void faults.fetchNextPage()}
          >
            {t('more')}
          </Button>
        ) : null}
      </div>
    </Dialog>
  )
}
