import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { Refusal } from '@/components/plan-limit'
import { isDomain } from '../domains'
import type { Change } from '../queries'

type Props = {
  /** What is about to be saved; null closes the dialog. */
  change: Change | null
  memories: number
  isBusy: boolean
  error: Error | null
  onSave: () => void
  onClose: () => void
}

/** Says what saving does to every memory, before it does. */
export function PlaceAnewDialog({ change, memories, isBusy, error, onSave, onClose }: Props) {
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
      <Refusal error={error} say={(reason) => t('failed', { reason })} />
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button look="primary" isBusy={isBusy} onClick={onSave}>
          {t('save')}
        </Button>
      </div>
    </Dialog>
  )
}
