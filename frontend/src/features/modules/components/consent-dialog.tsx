import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { Refusal } from '@/components/plan-limit'
import { toast } from '@/components/toast'
import { type Module, useEnable } from '../queries'
import { MemoryUse, RightsList } from './rights-list'

type Props = { module: Module; isOpen: boolean; onClose: () => void }

/** Says what a module asks for before it gets it; what was agreed to before stands apart from what is new. */
export function ConsentDialog({ module, isOpen, onClose }: Props) {
  const t = useTranslations('modules.consent')
  const { name, permissions, permissions_pending: pending, enabled } = module
  const enable = useEnable(module.module_id, () => {
    toast.done(t('done', { name }))
    onClose()
  })
  const isNews = enabled && pending.length > 0
  const known = permissions.filter((one) => !pending.includes(one))

  function close() {
    enable.reset()
    onClose()
  }
  return (
    <Dialog title={t(isNews ? 'newTitle' : 'title', { name })} isOpen={isOpen} onClose={close} isWide>
      <div className="grid gap-4">
        <section className="grid gap-2">
          <h3 className="text-ui font-medium">{t(isNews ? 'asksNew' : 'asks')}</h3>
          {permissions.length === 0 ? <p className="text-ui text-muted">{t('asksNothing')}</p> : null}
          <RightsList module={module} permissions={isNews ? pending : permissions} label={t('asks')} />
        </section>
        {isNews && known.length > 0 ? (
          <section className="grid gap-2">
            <h3 className="text-ui font-medium">{t('hasAlready')}</h3>
            <RightsList module={module} permissions={known} label={t('hasAlready')} />
          </section>
        ) : null}
        <section className="grid gap-2">
          <h3 className="text-ui font-medium">{t('memory')}</h3>
          <MemoryUse module={module} />
        </section>
        <p className="text-ui text-muted">{t('limits')}</p>
      </div>
      <Refusal error={enable.error} say={(reason) => t('failed', { reason })} />
      <div className="flex justify-end gap-2">
        <Button onClick={close}>{t('cancel')}</Button>
        <Button
          look="primary"
          isBusy={enable.isPending}
          // Exactly what was shown: the server refuses a consent to anything else.
          onClick={() => enable.mutate(permissions)}
        >
          {t(isNews ? 'agree' : 'enable')}
        </Button>
      </div>
    </Dialog>
  )
}
