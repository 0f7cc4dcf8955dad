import { ArchiveRestore, RotateCcw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { TextField } from '@/components/field'
import type { Conditions } from '../filters'
import type { Selection } from '../memories-page'
import { actionIn, type State, type Target } from '../queries'

type Props = {
  selection: Selection
  total: number
  pageIds: string[]
  conditions: Conditions
  state: State
  /** Undefined for who may only read, and where nothing can be done. */
  onAct: ((target: Target) => void) | undefined
}

/** What is selected, and what can be done with it. */
export function SelectionBar({ selection, total, pageIds, conditions, state, onAct }: Props) {
  const t = useTranslations('memories.selection')
  const { number } = useFormatter()
  const [isAsking, setAsking] = useState(false)
  const { ids, isAll } = selection
  const action = actionIn(state)
  if (ids.size === 0) return null
  const isPage = pageIds.length > 0 && pageIds.every((id) => ids.has(id))
  const count = isAll ? total : ids.size
  const act = () => {
    // Undo brings back what was named; all that match cannot be named, so they are asked about first.
    if (isAll) setAsking(true)
    else onAct?.({ ids: [...ids] })
  }
  return (
    <div
      role="status"
      className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border bg-accent-soft px-3 py-1.5 text-ui"
    >
      <span className="tabular-nums">{t('count', { count })}</span>
      {isPage && !isAll && total > ids.size ? (
        <button type="button" onClick={selection.selectAll} className="font-medium text-accent-text hover:underline">
          {t('all', { count: total })}
        </button>
      ) : null}
      <div className="ml-auto flex gap-2">
        <Button look="quiet" size="small" onClick={selection.clear}>
          {t('none')}
        </Button>
        {onAct && action ? (
          <Button look={action === 'trash' ? 'danger' : 'plain'} size="small" onClick={act}>
            <ActionIcon action={action} />
            {t(action)}
          </Button>
        ) : null}
      </div>
      {isAsking && action ? (
        <ConfirmMany
          action={action}
          count={number(total)}
          onClose={() => setAsking(false)}
          onConfirm={() => {
            setAsking(false)
            onAct?.({ conditions, total })
          }}
        />
      ) : null}
    </div>
  )
}

type Action = NonNullable<ReturnType<typeof actionIn>>

export function ActionIcon({ action }: { action: Action }) {
  const Icon = { trash: Trash2, restore: RotateCcw, bringBack: ArchiveRestore }[action]
  return <Icon aria-hidden />
}

type ConfirmProps = { action: Action; count: string; onClose: () => void; onConfirm: () => void }

function ConfirmMany({ action, count, onClose, onConfirm }: ConfirmProps) {
  const t = useTranslations('memories.selection')
  const [typed, setTyped] = useState('')
  return (
    <Dialog title={t(`${action}Many`, { count })} isOpen onClose={onClose}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (typed.trim() === count) onConfirm()
        }}
      >
        <p className="text-ui text-muted">{t(`${action}ManyText`)}</p>
        <TextField
          label={t('type', { count })}
          value={typed}
          autoComplete="off"
          onChange={(event) => setTyped(event.target.value)}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" look={action === 'trash' ? 'danger' : 'primary'} disabled={typed.trim() !== count}>
            {t(action)}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
