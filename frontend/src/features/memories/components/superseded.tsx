import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useFormatter, useTranslations } from 'use-intl'
import { may } from '@/api/account'
import { Button } from '@/components/button'
import { Notice } from '@/components/notice'
import { useFailed } from '@/components/plan-limit'
import { useAccount, useOrg } from '@/hooks/use-account'
import { headline } from '../headline'
import { type Memory, memoryQuery, useReinstate } from '../queries'

/** Says which memory holds instead of one, and takes it back. */
export function Superseded({ memory }: { memory: Memory }) {
  const t = useTranslations('memory.superseded')
  const { dateTime } = useFormatter()
  const failed = useFailed()
  const org = useOrg()
  const canWrite = may(useAccount(), 'memory:write')
  const by = memory.superseded_by ?? ''
  const successor = useQuery({ ...memoryQuery(org, by), enabled: by !== '' })
  const reinstate = useReinstate(memory.memory_id)
  if (!memory.superseded_at) return null
  return (
    <Notice
      action={
        canWrite ? (
          <Button
            size="small"
            isBusy={reinstate.isPending}
            onClick={() =>
              reinstate.mutate(undefined, { onError: (error) => failed(error, (reason) => t('failed', { reason })) })
            }
          >
            {t('reinstate')}
          </Button>
        ) : null
      }
    >
      {t('since', { date: dateTime(new Date(memory.superseded_at), { dateStyle: 'medium' }) })}{' '}
      <Link
        to="/$org/memories/$memoryId"
        params={{ org, memoryId: by }}
        className="font-medium text-accent-text hover:underline"
      >
        {successor.data ? headline(successor.data.content) : t('successor')}
      </Link>
    </Notice>
  )
}
