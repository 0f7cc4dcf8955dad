import { useInfiniteQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { Ago } from '@/components/ago'
import { Button } from '@/components/button'
import { ConfirmDialog } from '@/components/confirm-dialog'
import { Dialog } from '@/components/dialog'
import { TextField } from '@/components/field'
import { Paged } from '@/components/paged'
import { Panel } from '@/components/panel'
import { Problem } from '@/components/problem'
import { toast } from '@/components/toast'
import { isType, typeName, typeOf } from '@/features/memories'
import { useOrg } from '@/hooks/use-account'
import { type Hold, holdsQuery, usePlaceHold, useReleaseHold } from '../queries'

/** The orders to keep memories, those that were lifted as well. */
export function Holds() {
  const t = useTranslations('retention.holds')
  const holds = useInfiniteQuery(holdsQuery(useOrg()))
  const [open, setOpen] = useState<Hold | 'new' | null>(null)
  return (
    <Panel
      title={t('title')}
      note={t('note')}
      actions={
        <Button size="small" onClick={() => setOpen('new')}>
          <Plus aria-hidden />
          {t('place')}
        </Button>
      }
    >
      <Paged query={holds} none={t('none')} more={t('more')}>
        {(rows) => (
          <ul className="grid gap-3 text-ui">
            {rows.map((hold) => (
              <li key={hold.id} className="flex flex-wrap items-start gap-x-4 gap-y-1">
                <div className="grid min-w-0 flex-1 gap-0.5">
                  <span className="font-medium break-words">{hold.name}</span>
                  {hold.reason ? <span className="break-words text-muted">{hold.reason}</span> : null}
                  <What filters={hold.filters} />
                  <span className="text-xs text-muted">
                    {hold.released_at ? t('released') : t('keeps', { count: hold.memories })} ·{' '}
                    <Ago at={hold.released_at ?? hold.created_at} />
                  </span>
                </div>
                {hold.released_at ? null : (
                  <Button size="small" aria-label={t('releaseOne', { name: hold.name })} onClick={() => setOpen(hold)}>
                    {t('release')}
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </Paged>
      {open === 'new' ? <PlaceDialog onClose={() => setOpen(null)} /> : null}
      {open !== null && open !== 'new' ? <ReleaseDialog hold={open} onClose={() => setOpen(null)} /> : null}
    </Panel>
  )
}

/** Which memories a hold is about; what was set over the API may be any condition. */
function What({ filters }: { filters: Hold['filters'] }) {
  const t = useTranslations('retention.holds')
  const { memory_type: type, source, ...others } = filters
  const isPlain = [type, source].every((one) => one === undefined || typeof one === 'string')
  if (!isPlain || Object.keys(others).length > 0)
    return <code className="text-xs break-all text-muted">{JSON.stringify(filters)}</code>
  const what = [type && typeName(String(type)), source && String(source)].filter(Boolean).join(', ')
  return <span className="break-words text-muted">{what ? t('narrowed', { what }) : t('all')}</span>
}

function PlaceDialog({ onClose }: { onClose: () => void }) {
  const t = useTranslations('retention.holds')
  const place = usePlaceHold()
  const [name, setName] = useState('')
  const [reason, setReason] = useState('')
  const [type, setType] = useState('')
  const [source, setSource] = useState('')
  const isTyped = type.trim() !== ''
  // The API takes any text in a filter: a hold on what can be no type would keep nothing.
  const isWrong = isTyped && !isType(typeOf(type))
  return (
    <Dialog title={t('place')} isOpen onClose={onClose}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (isWrong) {
            event.currentTarget.querySelector<HTMLElement>('[name="memory_type"]')?.focus()
            return
          }
          const filters = { ...(isTyped && { memory_type: typeOf(type) }), ...(source && { source }) }
          place.mutate(
            { name, reason, filters },
            {
              onSuccess: (hold) => {
                if (hold.memories > 0) toast.done(t('placed', { count: hold.memories }))
                // Stays until it is closed: who places a hold means to keep something.
                else toast.news(t('placedEmpty'))
                onClose()
              },
            },
          )
        }}
      >
        <TextField
          label={t('name')}
          required
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <TextField
          label={t('reason')}
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        <TextField
          label={t('type')}
          hint={t('everything')}
          name="memory_type"
          maxLength={50}
          error={isWrong ? t('wrongType') : undefined}
          value={type}
          onChange={(event) => setType(event.target.value)}
        />
        <TextField
          label={t('source')}
          maxLength={200}
          value={source}
          onChange={(event) => setSource(event.target.value)}
        />
        <p role="status" className="text-ui text-muted">
          {isWrong
            ? null
            : isTyped || source
              ? t('narrowed', { what: [isTyped && typeName(typeOf(type)), source].filter(Boolean).join(', ') })
              : t('all')}
        </p>
        <Problem error={place.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" look="primary" isBusy={place.isPending}>
            {t('place')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function ReleaseDialog({ hold, onClose }: { hold: Hold; onClose: () => void }) {
  const t = useTranslations('retention.holds')
  const release = useReleaseHold()
  return (
    <ConfirmDialog
      title={t('releaseOne', { name: hold.name })}
      confirm={t('release')}
      isBusy={release.isPending}
      error={release.error}
      onConfirm={() => release.mutate(hold.id, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>{t('releaseText')}</p>
    </ConfirmDialog>
  )
}
