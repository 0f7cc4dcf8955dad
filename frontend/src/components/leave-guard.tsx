import { useBlocker } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { Button } from './button'
import { Dialog } from './dialog'

type Props = {
  isDirty: boolean
  /** Somebody has pressed Escape or Cancel. */
  isClosing: boolean
  onStay: () => void
  onLeave: () => void
}

/** Asks before what was typed is lost: when its form closes, and when another page is opened. */
export function LeaveGuard({ isDirty, isClosing, onStay, onLeave }: Props) {
  const t = useTranslations('leaveGuard')
  const blocker = useBlocker({
    shouldBlockFn: () => isDirty,
    enableBeforeUnload: () => isDirty,
    withResolver: true,
  })
  function stay() {
    blocker.reset?.()
    onStay()
  }
  function leave() {
    if (blocker.status === 'blocked') blocker.proceed()
    else onLeave()
  }
  return (
    <Dialog title={t('title')} isOpen={isClosing || blocker.status === 'blocked'} onClose={stay}>
      <p className="text-ui text-muted">{t('text')}</p>
      <div className="flex justify-end gap-2">
        <Button look="danger" onClick={leave}>
          {t('discard')}
        </Button>
        <Button look="primary" onClick={stay}>
          {t('stay')}
        </Button>
      </div>
    </Dialog>
  )
}
