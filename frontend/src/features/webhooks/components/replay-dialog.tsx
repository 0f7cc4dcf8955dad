import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { Problem } from '@/components/problem'
import { SelectField } from '@/components/select'
import { toast } from '@/components/toast'
import { useReplayAll } from '../queries'

const HOUR_MS = 3_600_000
const SPANS = { all: null, '1h': 1, '24h': 24, '7d': 168 } as const
type Span = keyof typeof SPANS

/** Sends again what was given up. */
export function ReplayDialog({ webhookId, onClose }: { webhookId: string; onClose: () => void }) {
  const t = useTranslations('webhooks.replayAll')
  const [span, setSpan] = useState<Span>('all')
  const replay = useReplayAll(webhookId)
  const labels: Record<Span, string> = {
    all: t('all'),
    '1h': t('hours', { count: 1 }),
    '24h': t('hours', { count: 24 }),
    '7d': t('days', { count: 7 }),
  }
  return (
    <Dialog title={t('title')} isOpen onClose={onClose}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          const hours = SPANS[span]
          replay.mutate(hours === null ? undefined : new Date(Date.now() - hours * HOUR_MS).toISOString(), {
            onSuccess: ({ queued }) => {
              onClose()
              toast.done(t('done', { count: queued }))
            },
          })
        }}
      >
        <p className="text-ui text-muted">{t('text')}</p>
        <SelectField
          label={t('since')}
          value={span}
          onChange={(next) => setSpan(next as Span)}
          options={Object.entries(labels).map(([value, label]) => ({ value, label }))}
        />
        <Problem error={replay.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" look="primary" isBusy={replay.isPending}>
            {t('submit')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
