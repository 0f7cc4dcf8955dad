import { RotateCcw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { TextField } from '@/components/field'
import type { Conditions } from '../filters'
import type { Selection } from '../memories-page'
import type { State, Target } from '../queries'

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
        {onAct ? (
          <Button look={state === 'live' ? 'danger' : 'plain'} size="small" onClick={act}>
            {state === 'live' ? <Trash2 aria-hidden /> : <RotateCcw aria-hidden />}
            {t(state === 'live' ? 'trash' : 'restore')}
          </Button>
        ) : null}
      </div>
      {isAsking ? (
        <ConfirmMany
          state={state}
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

type ConfirmProps = { state: State; count: string; onClose: () => void; onConfirm: () => void }

function ConfirmMany({ state, count, onClose, onConfirm }: ConfirmProps) {
  const t = useTranslations('memories.selection')
  const [typed, setTyped] = useState('')
  const action = t(state === 'live' ? 'trash' : 'restore')
  return (
    <Dialog title={t(state === 'live' ? 'trashMany' : 'restoreMany', { count })} isOpen onClose={onClose}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (typed.trim() === count) onConfirm()
        }}
      >
        <p className="text-ui text-muted">{t(state === 'live' ? 'trashManyText' : 'restoreManyText')}</p>
        <TextField
          label={t('type', { count })}
          value={typed}
          autoComplete="off"
          onChange={(event) => setTyped(event.target.value)}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" look={state === 'live' ? 'danger' : 'primary'} disabled={typed.trim() !== count}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
