import { useQuery } from '@tanstack/react-query'
import { Hourglass, RotateCcw, Trash2 } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { may } from '@/api/account'
import { Button } from '@/components/button'
import { useFailed } from '@/components/plan-limit'
import { EmptyState, ErrorState, Skeleton } from '@/components/states'
import { toast } from '@/components/toast'
import { useAccount, useOrg } from '@/hooks/use-account'
import { absenceQuery, useRestoreMemory } from '../queries'

type Props = { memoryId: string; error: unknown; onRetry: () => void }

/** In the place of a memory that is not shown: in the trash, from where it can come back; expired; or gone. */
export function Absent({ memoryId, error, onRetry }: Props) {
  const t = useTranslations('memory.absent')
  const failed = useFailed()
  const canWrite = may(useAccount(), 'memory:write')
  const absence = useQuery(absenceQuery(useOrg(), memoryId))
  const restore = useRestoreMemory(memoryId)
  if (absence.isPending) return <Skeleton className="h-60" />
  if (!absence.data) return <ErrorState error={error} onRetry={onRetry} />
  const isTrashed = absence.data === 'trashed'
  return (
    <div className="rounded-lg border bg-surface">
      <EmptyState
        icon={isTrashed ? Trash2 : Hourglass}
        title={t(`${absence.data}.title`)}
        action={
          isTrashed && canWrite ? (
            <Button
              look="primary"
              isBusy={restore.isPending}
              onClick={() =>
                restore.mutate(undefined, {
                  onSuccess: () => toast.done(t('restored')),
                  onError: (refused) => failed(refused, (reason) => t('failed', { reason })),
                })
              }
            >
              {restore.isPending ? null : <RotateCcw aria-hidden />}
              {t('restore')}
            </Button>
          ) : null
        }
      >
        {t(`${absence.data}.text`)}
      </EmptyState>
    </div>
  )
}
