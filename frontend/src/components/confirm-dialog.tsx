import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from './button'
import { Dialog } from './dialog'
import { TextField } from './field'
import { Problem } from './problem'

type Props = {
  title: string
  children: ReactNode
  /** What has to be typed, where a slip of the finger must not do it. */
  word?: string | undefined
  confirm: string
  /** For what is itself called cancelling. */
  leave?: string
  isBusy: boolean
  error: unknown
  onConfirm: () => void
  onClose: () => void
}

/** Asks before something that cannot be taken back. Render it while it is wanted: what was typed goes with it. */
export function ConfirmDialog({ title, children, word, confirm, leave, isBusy, error, onConfirm, onClose }: Props) {
  const t = useTranslations('confirm')
  const [typed, setTyped] = useState('')
  const isTyped = !word || typed.trim() === word
  return (
    <Dialog title={title} isOpen onClose={onClose}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (isTyped && !isBusy) onConfirm()
        }}
      >
        <div className="grid gap-2 text-ui text-muted">{children}</div>
        {word ? (
          <TextField
            label={t('type', { word })}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            autoComplete="off"
            spellCheck={false}
          />
        ) : null}
        <Problem error={error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{leave ?? t('cancel')}</Button>
          <Button type="submit" look="danger" isBusy={isBusy} disabled={!isTyped}>
            {confirm}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
