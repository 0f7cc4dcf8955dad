import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { Refusal } from '@/components/plan-limit'
import { toast } from '@/components/toast'
import { type Module, useDisable } from '../queries'

type Props = { module: Pick<Module, 'module_id' | 'name'>; isOpen: boolean; onClose: () => void }

/** Asks before a module is taken away from everybody. */
export function DisableDialog({ module, isOpen, onClose }: Props) {
  const t = useTranslations('modules.disable')
  const { name } = module
  const disable = useDisable(module.module_id, () => {
    toast.done(t('done', { name }))
    onClose()
  })
  function close() {
    disable.reset()
    onClose()
  }
  return (
    <Dialog title={t('title', { name })} isOpen={isOpen} onClose={close}>
      <p className="text-ui text-muted">{t('text')}</p>
      <Refusal error={disable.error} say={(reason) => t('failed', { reason })} />
      <div className="flex justify-end gap-2">
        <Button onClick={close}>{t('cancel')}</Button>
        <Button look="danger" isBusy={disable.isPending} onClick={() => disable.mutate()}>
          {t('confirm')}
        </Button>
      </div>
    </Dialog>
  )
}
