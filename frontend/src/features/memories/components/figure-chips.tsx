import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { useOrg } from '@/hooks/use-account'
import type { MemoriesSearch } from '../filters'
import { clusterNameQuery, entityNameQuery } from '../queries'

type Props = { search: MemoriesSearch; onChange: (next: Partial<MemoriesSearch>) => void }

// A Monday, to name the hours of the week from.
const MONDAY = Date.UTC(2024, 0, 1)
const HOUR_MS = 3600 * 1000

/** The conditions that come from a figure of the overview; each can be taken away. */
export function FigureChips({ search, onChange }: Props) {
  const t = useTranslations('memories.figures')
  const { dateTime } = useFormatter()
  const { entity, cluster, hour } = search
  return (
    <>
      {entity ? (
        <Chip onRemove={() => onChange({ entity: undefined })}>
          <EntityName id={entity} />
        </Chip>
      ) : null}
      {cluster !== undefined ? (
        <Chip onRemove={() => onChange({ cluster: undefined })}>
          <ClusterName id={cluster} />
        </Chip>
      ) : null}
      {hour !== undefined ? (
        <Chip onRemove={() => onChange({ hour: undefined })}>
          {t('hour', {
            when: dateTime(new Date(MONDAY + hour * HOUR_MS), {
              weekday: 'long',
              hour: '2-digit',
              minute: '2-digit',
              hourCycle: 'h23',
              timeZone: 'UTC',
            }),
          })}
        </Chip>
      ) : null}
    </>
  )
}

function Chip({ onRemove, children }: { onRemove: () => void; children: ReactNode }) {
  const t = useTranslations('memories.figures')
  return (
    <span className="inline-flex h-8 max-w-72 items-center gap-1 rounded-md border border-accent bg-accent-soft pl-3 text-ui font-medium text-accent-text">
      <span className="truncate">{children}</span>
      <Button look="quiet" size="icon" className="text-accent-text" aria-label={t('remove')} onClick={onRemove}>
        <X aria-hidden />
      </Button>
    </span>
  )
}

function EntityName({ id }: { id: string }) {
  const t = useTranslations('memories.figures')
  const name = useQuery(entityNameQuery(useOrg(), id))
  return t('entity', { name: name.data ?? '…' })
}

function ClusterName({ id }: { id: number }) {
  const t = useTranslations('memories.figures')
  const name = useQuery(clusterNameQuery(useOrg(), id))
  return t('cluster', { name: name.data ?? '…' })
}
