import { useInfiniteQuery } from '@tanstack/react-query'
import { Download, PackagePlus } from 'lucide-react'
import { useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { Ago } from '@/components/ago'
import { Button } from '@/components/button'
import { CheckField } from '@/components/check-field'
import { ConfirmDialog } from '@/components/confirm-dialog'
import { Dialog } from '@/components/dialog'
import { Paged } from '@/components/paged'
import { Panel } from '@/components/panel'
import { useFailed } from '@/components/plan-limit'
import { Problem } from '@/components/problem'
import { Progress } from '@/components/progress'
import { useOrg } from '@/hooks/use-account'
import { useUnits } from '@/hooks/use-units'
import { type Export, exportsQuery, useDeleteExport, useFetchArchive, useStartExport } from '../queries'

/** The archives that are kept, with what can be done with each. */
export function Exports() {
  const t = useTranslations('exports.exports')
  const exports = useInfiniteQuery(exportsQuery(useOrg()))
  const [open, setOpen] = useState<Export | 'new' | null>(null)
  return (
    <Panel
      title={t('title')}
      note={t('note')}
      actions={
        <Button size="small" onClick={() => setOpen('new')}>
          <PackagePlus aria-hidden />
          {t('start')}
        </Button>
      }
    >
      <Paged query={exports} none={t('none')} more={t('more')}>
        {(rows) => (
          <ul className="grid gap-4 text-ui">
            {rows.map((row) => (
              <Row key={row.export_id} row={row} onDelete={() => setOpen(row)} />
            ))}
          </ul>
        )}
      </Paged>
      {open === 'new' ? <StartDialog onClose={() => setOpen(null)} /> : null}
      {open !== null && open !== 'new' ? <DeleteDialog row={open} onClose={() => setOpen(null)} /> : null}
    </Panel>
  )
}

function Row({ row, onDelete }: { row: Export; onDelete: () => void }) {
  const t = useTranslations('exports.exports')
  const { dateTime } = useFormatter()
  const { amount } = useUnits()
  const failed = useFailed()
  const fetch = useFetchArchive()
  const isDone = row.status === 'succeeded'
  const made = dateTime(new Date(row.created_at), { dateStyle: 'medium', timeStyle: 'short' })
  const what = row.conditions === null ? t('whole') : t('part')
  const state = isDone
    ? t('done', {
        count: row.counts.memories ?? 0,
        size: amount(row.size_bytes ?? 0, 'bytes'),
      })
    : row.status === 'failed'
      ? (row.error ?? t('failed'))
      : row.total > 0
        ? t('running', { done: row.done, total: row.total })
        : t('queued')
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-2">
      <div className="grid min-w-56 flex-1 gap-1">
        <span className="font-medium">
          {what}, {made}
        </span>
        <span className="break-words text-muted">{state}</span>
        {row.counts.damaged ? <span className="text-danger">{t('damaged', { count: row.counts.damaged })}</span> : null}
        {row.status === 'queued' || row.status === 'running' ? (
          <Progress label={t('progress')} text={state} done={row.done / (row.total || 1)} settled={0} />
        ) : null}
        {row.expires_at ? (
          <span className="text-xs text-muted">
            {t('until')} <Ago at={row.expires_at} />
          </span>
        ) : null}
      </div>
      <div className="flex gap-2">
        {isDone ? (
          <Button
            size="small"
            aria-label={t('downloadOne', { made })}
            isBusy={fetch.isPending}
            onClick={() =>
              fetch.mutate(row.export_id, {
                onError: (error) => failed(error, (reason) => t('notSaved', { reason })),
              })
            }
          >
            {fetch.isPending ? null : <Download aria-hidden />}
            {t('download')}
          </Button>
        ) : null}
        <Button size="small" look="danger" aria-label={t('deleteOne', { made })} onClick={onDelete}>
          {t('delete')}
        </Button>
      </div>
    </li>
  )
}

function StartDialog({ onClose }: { onClose: () => void }) {
  const t = useTranslations('exports.exports')
  const start = useStartExport()
  const [hasVersions, setVersions] = useState(true)
  const [hasFiles, setFiles] = useState(true)
  return (
    <Dialog title={t('start')} isOpen onClose={onClose}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          start.mutate({ include_versions: hasVersions, include_files: hasFiles }, { onSuccess: onClose })
        }}
      >
        <p className="text-ui text-muted">{t('startText')}</p>
        <CheckField label={t('versions')} isChecked={hasVersions} onChange={setVersions} />
        <CheckField label={t('files')} isChecked={hasFiles} onChange={setFiles} />
        <Problem error={start.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" look="primary" isBusy={start.isPending}>
            {t('write')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function DeleteDialog({ row, onClose }: { row: Export; onClose: () => void }) {
  const t = useTranslations('exports.exports')
  const remove = useDeleteExport()
  return (
    <ConfirmDialog
      title={t('deleteTitle')}
      confirm={t('delete')}
      isBusy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(row.export_id, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>{t('deleteText')}</p>
    </ConfirmDialog>
  )
}
