import type { UseQueryResult } from '@tanstack/react-query'
import { SearchX } from 'lucide-react'
import type { ReactNode } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { EmptyState, ErrorState, Skeleton } from '@/components/states'
import { cn } from '@/lib/cn'
import { isChannel } from '../channels'
import type { Found } from '../queries'
import { ResultCard } from './result-card'

type Props = {
  found: UseQueryResult<Found>
  openId: string | undefined
  onOpen: (memoryId: string) => void
  /** What one can do when nothing is found. */
  ways: ReactNode
  /** The places of what another search has found, by id, to be compared with. */
  others?: ReadonlyMap<string, number> | undefined
  onWhy?: (memoryId: string) => void
}

/** What a search has found, best first. */
export function Results({ found, openId, onOpen, ways, others, onWhy }: Props) {
  const t = useTranslations('search')
  const { number, list } = useFormatter()
  if (found.isError) {
    return <ErrorState error={found.error} onRetry={() => void found.refetch()} isRetrying={found.isRefetching} />
  }
  if (!found.data) {
    return (
      <div className="grid gap-3" role="status" aria-label={t('searching')}>
        <Skeleton className="h-44" />
        <Skeleton className="h-32" />
        <Skeleton className="h-32" />
      </div>
    )
  }
  const nameOf = (channel: string) => (isChannel(channel) ? t(`score.channels.${channel}`) : channel)
  const { results, took_ms, dropped_channels: dropped } = found.data
  if (results.length === 0) {
    return (
      <EmptyState icon={SearchX} title={t('nothing.title')} action={ways}>
        {t('nothing.text')}
      </EmptyState>
    )
  }
  return (
    <div className={cn('grid gap-3 transition-opacity', found.isPlaceholderData && 'opacity-60')}>
      <p role="status" className="text-xs text-muted">
        {t('found', { count: results.length, ms: number(Math.round(took_ms)) })}
        {dropped.length > 0 ? ` · ${t('dropped', { channels: list(dropped.map(nameOf)) })}` : null}
      </p>
      <ol className="grid gap-3">
        {results.map((result, place) => (
          <ResultCard
            key={result.memory_id}
            result={result}
            rank={place + 1}
            isOpen={result.memory_id === openId}
            onOpen={() => onOpen(result.memory_id)}
            placeThere={others && (others.get(result.memory_id) ?? null)}
            onWhy={() => onWhy?.(result.memory_id)}
          />
        ))}
      </ol>
    </div>
  )
}
