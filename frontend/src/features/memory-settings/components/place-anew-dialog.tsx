import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { isDomain } from '../domains'
import type { Change } from '../queries'

type Props = {
  /** What is about to be saved; null closes the dialog. */
  change: Change | null
  memories: number
  isBusy: boolean
  problem: string | undefined
  onSave: () => void
  onClose: () => void
}

/** Says what saving does to every memory, before it does. */
export function PlaceAnewDialog({ change, memories, isBusy, problem, onSave, onClose }: Props) {
  const t = useTranslations('memorySettings.anew')
  const names = useTranslations('domains')
  return (
    <Dialog title={t('title')} isOpen={change !== null} onClose={onClose}>
      <div className="grid gap-2 text-ui text-muted">
        {change?.domain && isDomain(change.domain) ? (
          <p>{t('domain', { name: names(`${change.domain}.name`) })}</p>
        ) : change?.dimensions?.length === 0 ? (
          <p>{t('back')}</p>
        ) : null}
        <p>{t('text', { count: memories })}</p>
      </div>
      {problem ? (
        <p role="alert" className="rounded-md bg-danger-soft px-3 py-2 text-ui text-danger">
          {t('failed', { reason: problem })}
        </p>
      ) : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button look="primary" isBusy={isBusy} onClick={onSave}>
          {t('save')}
        </Button>
      </div>
    </Dialog>
  )
}
