import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { Ago } from '@/components/ago'
import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { TextField } from '@/components/field'
import { Loaded } from '@/components/loaded'
import { Paged } from '@/components/paged'
import { Panel } from '@/components/panel'
import { PlainTable } from '@/components/plain-table'
import { Problem } from '@/components/problem'
import { toast } from '@/components/toast'
import { typeOf } from '@/features/memories'
import { useOrg } from '@/hooks/use-account'
import { saveFile } from '@/lib/save-file'
import {
  type Erasure,
  type ErasureDetails,
  erasureQuery,
  erasuresQuery,
  useErase,
  usePreview,
  useRetryErasure,
  type Wanted,
} from '../queries'

/** What was erased, with the certificates. */
export function Erasures() {
  const t = useTranslations('retention.erasures')
  const erasures = useInfiniteQuery(erasuresQuery(useOrg()))
  const [open, setOpen] = useState<Erasure | 'new' | null>(null)
  return (
    <Panel
      title={t('title')}
      note={t('note')}
      actions={
        <Button size="small" look="danger" onClick={() => setOpen('new')}>
          {t('erase')}
        </Button>
      }
    >
      <Paged query={erasures} none={t('none')} more={t('more')}>
        {(rows) => (
          <PlainTable
            label={t('title')}
            rows={rows}
            idOf={(row) => row.id}
            columns={[
              {
                id: 'number',
                header: t('certificate'),
                cell: (row) => (row.number === null ? t(`states.${row.status}`) : t('number', { number: row.number })),
              },
              { id: 'reason', header: t('reason'), cell: (row) => <span className="break-words">{row.reason}</span> },
              {
                id: 'memories',
                header: t('memories'),
                cell: (row) => row.memories,
                className: 'tabular-nums',
                isNamed: true,
              },
              { id: 'when', header: t('when'), cell: (row) => <Ago at={row.completed_at ?? row.requested_at} /> },
              {
                id: 'open',
                header: t('actions'),
                cell: (row) => (
                  <Button size="small" aria-label={t('showOne', { reason: row.reason })} onClick={() => setOpen(row)}>
                    {t('show')}
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Paged>
      {open === 'new' ? <EraseDialog onClose={() => setOpen(null)} /> : null}
      {open !== null && open !== 'new' ? <Details id={open.id} onClose={() => setOpen(null)} /> : null}
    </Panel>
  )
}

function Details({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useTranslations('retention.erasures')
  const erasure = useQuery(erasureQuery(useOrg(), id))
  const retry = useRetryErasure()
  return (
    <Dialog title={t('details')} isOpen onClose={onClose}>
      <Loaded query={erasure}>
        {(found) => (
          <div className="grid gap-4 text-ui">
            <p className="break-words">{found.reason}</p>
            <Places places={found.places} />
            <Problem error={retry.error} />
            <div className="flex justify-end gap-2">
              {found.status === 'failed' ? (
                <Button isBusy={retry.isPending} onClick={() => retry.mutate(id)}>
                  {t('retry')}
                </Button>
              ) : null}
              {found.certificate ? (
                <Button look="primary" onClick={() => save(found)}>
                  <Download aria-hidden />
                  {t('download')}
                </Button>
              ) : (
                <p role="status" className="text-muted">
                  {t(`states.${found.status}`)}
                </p>
              )}
            </div>
          </div>
        )}
      </Loaded>
    </Dialog>
  )
}

function save({ certificate, number }: ErasureDetails) {
  const text = JSON.stringify(certificate, null, 2)
  saveFile(new Blob([text], { type: 'application/json' }), `erasure-${number}.json`)
}

/** Where something was found, and how many other places there are that were looked at. */
function Places({ places }: { places: ErasureDetails['places'] }) {
  const t = useTranslations('retention.erasures')
  const { number, list } = useFormatter()
  const isEmpty = ({ before, after }: (typeof places)[number]) => before === 0 && !after
  const empty = places.filter(isEmpty).map(({ place }) => place)
  return (
    <div className="grid gap-2">
      <table className="w-full text-left tabular-nums">
        <thead className="text-xs text-muted">
          <tr className="border-b">
            <th scope="col" className="py-1.5 font-medium">
              {t('place')}
            </th>
            <th scope="col" className="py-1.5 text-right font-medium">
              {t('before')}
            </th>
            <th scope="col" className="py-1.5 text-right font-medium">
              {t('after')}
            </th>
          </tr>
        </thead>
        <tbody>
          {places
            .filter((one) => !isEmpty(one))
            .map(({ place, before, after }) => (
              <tr key={place} className="border-b last:border-b-0">
                <td className="py-1">{place}</td>
                <td className="py-1 text-right">{number(before)}</td>
                <td className="py-1 text-right">{after === null ? '–' : number(after)}</td>
              </tr>
            ))}
        </tbody>
      </table>
      {empty.length > 0 ? (
        <details className="text-xs text-muted">
          <summary className="cursor-default rounded">{t('elsewhere', { count: empty.length })}</summary>
          <p className="pt-1">{list(empty, { type: 'unit' })}</p>
        </details>
      ) : null}
    </div>
  )
}

function EraseDialog({ onClose }: { onClose: () => void }) {
  const t = useTranslations('retention.erasures')
  const { number } = useFormatter()
  const preview = usePreview()
  const erase = useErase()
  const [q, setText] = useState('')
  const [type, setType] = useState('')
  const [reason, setReason] = useState('')
  const [typed, setTyped] = useState('')
  const wanted: Wanted = { ...(q.trim() && { q: q.trim() }), ...(type.trim() && { memory_type: typeOf(type) }) }
  const found = preview.data
  const count = found ? number(found.memories) : ''
  const isSure = found !== undefined && found.memories > 0 && typed.trim() === count && reason.trim() !== ''
  /** What was found is no longer what would be erased. */
  function narrow(change: () => void) {
    preview.reset()
    setTyped('')
    change()
  }
  return (
    <Dialog title={t('erase')} isOpen onClose={onClose}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (!found) preview.mutate(wanted)
          else if (isSure)
            erase.mutate(
              { wanted, reason },
              {
                onSuccess: () => {
                  toast.done(t('erased', { count: found.memories }))
                  onClose()
                },
              },
            )
        }}
      >
        <p className="text-ui text-muted">{t('eraseText')}</p>
        <TextField
          label={t('text')}
          maxLength={200}
          value={q}
          onChange={(event) => narrow(() => setText(event.target.value))}
        />
        <TextField
          label={t('type')}
          maxLength={50}
          value={type}
          onChange={(event) => narrow(() => setType(event.target.value))}
        />
        {found ? (
          found.memories === 0 ? (
            <p role="status" className="text-ui">
              {t('nothing')}
            </p>
          ) : (
            <>
              <p role="status" className="text-ui font-medium">
                {t('found', { count: found.memories })}
              </p>
              <div className="max-h-60 overflow-auto text-ui">
                <Places places={found.places} />
              </div>
              <TextField
                label={t('why')}
                required
                maxLength={500}
                value={reason}
                onChange={(event) => setReason(event.target.value)}
              />
              <TextField
                label={t('confirm', { count })}
                value={typed}
                autoComplete="off"
                onChange={(event) => setTyped(event.target.value)}
              />
            </>
          )
        ) : null}
        <Problem error={erase.error ?? preview.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          {found && found.memories > 0 ? (
            <Button type="submit" look="danger" isBusy={erase.isPending} disabled={!isSure}>
              {t('eraseNow')}
            </Button>
          ) : (
            <Button
              type="submit"
              look="primary"
              isBusy={preview.isPending}
              disabled={Object.keys(wanted).length === 0 || found !== undefined}
            >
              {t('look')}
            </Button>
          )}
        </div>
      </form>
    </Dialog>
  )
}
