import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { Problem } from '@/components/problem'
import { SelectField } from '@/components/select'
import { type RotatedSecret, useRotateSecret } from '../queries'

const OVERLAPS = [0, 1, 24, 72, 168]

type Props = { webhookId: string; onMade: (made: RotatedSecret) => void; onClose: () => void }

/** Makes a new secret; the old one signs beside it for a while. */
export function RotateDialog({ webhookId, onMade, onClose }: Props) {
  const t = useTranslations('webhooks.rotate')
  const [hours, setHours] = useState(24)
  const rotate = useRotateSecret(webhookId)
  return (
    <Dialog title={t('title')} isOpen onClose={onClose}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          rotate.mutate(hours, { onSuccess: onMade })
        }}
      >
        <p className="text-ui text-muted">{t('text')}</p>
        <SelectField
          label={t('overlap')}
          value={String(hours)}
          onChange={(next) => setHours(Number(next))}
          options={OVERLAPS.map((one) => ({ value: String(one), label: t('hours', { count: one }) }))}
        />
        <Problem error={rotate.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" look="primary" isBusy={rotate.isPending}>
            {t('submit')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
