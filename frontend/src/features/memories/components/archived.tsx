import { useFormatter, useTranslations } from 'use-intl'
import { may } from '@/api/account'
import { Button } from '@/components/button'
import { Notice } from '@/components/notice'
import { useFailed } from '@/components/plan-limit'
import { toast } from '@/components/toast'
import { useAccount } from '@/hooks/use-account'
import { type Memory, useUnarchive } from '../queries'

/** Says that a memory lies in the archive, and brings it back. */
export function Archived({ memory }: { memory: Memory }) {
  const t = useTranslations('memory.archived')
  const { dateTime } = useFormatter()
  const failed = useFailed()
  const canWrite = may(useAccount(), 'memory:write')
  const unarchive = useUnarchive(memory.memory_id)
  if (!memory.archived_at) return null
  return (
    <Notice
      action={
        canWrite ? (
          <Button
            size="small"
            isBusy={unarchive.isPending}
            onClick={() =>
              unarchive.mutate(undefined, {
                onSuccess: () => toast.done(t('back')),
                onError: (error) => failed(error, (reason) => t('failed', { reason })),
              })
            }
          >
            {t('bringBack')}
          </Button>
        ) : null
      }
    >
      {t('since', { date: dateTime(new Date(memory.archived_at), { dateStyle: 'medium' }) })}
    </Notice>
  )
}
