import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Maximize2 } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { Button, buttonStyle } from '@/components/button'
import { SidePanel } from '@/components/side-panel'
import { ErrorState, Skeleton } from '@/components/states'
import { useOrg } from '@/hooks/use-account'
import { headline } from '../headline'
import { actionIn, type Memory, memoryQuery, type State, type Target } from '../queries'
import { MemoryFacts } from './memory-facts'
import { ActionIcon } from './selection-bar'

type Props = {
  memoryId: string
  /** The memory as the list has it, if it is on this page. */
  listed: Memory | undefined
  state: State
  /** Whether the list is that of another time. */
  isPast?: boolean
  onClose: () => void
  onAct: ((target: Target) => void) | undefined
}

/** One memory beside the list, which stays in use. */
export function PeekPanel({ memoryId, listed, state, isPast = false, onClose, onAct }: Props) {
  const t = useTranslations('peek')
  const org = useOrg()
  const action = actionIn(state)
  const isShown = state === 'live' || state === 'superseded' || state === 'archived'
  const found = useQuery({
    ...memoryQuery(org, memoryId),
    placeholderData: listed,
    // The API does not show what is in the trash or has expired; the list does, and what another time was like.
    enabled: isShown && !isPast,
  })
  const memory = isPast ? listed : (found.data ?? listed)
  return (
    <SidePanel
      title={t('title')}
      label={memory ? headline(memory.content) : t('title')}
      onClose={onClose}
      actions={
        <>
          {memory && onAct && action ? (
            <Button look="quiet" size="icon" aria-label={t(action)} onClick={() => onAct({ ids: [memoryId] })}>
              <ActionIcon action={action} />
            </Button>
          ) : null}
          {isShown ? (
            <Link
              to="/$org/memories/$memoryId"
              params={{ org, memoryId }}
              aria-label={t('open')}
              className={buttonStyle({ look: 'quiet', size: 'icon' })}
            >
              <Maximize2 aria-hidden />
            </Link>
          ) : null}
        </>
      }
    >
      {memory ? (
        <>
          <p className="leading-relaxed break-words whitespace-pre-wrap">{memory.content}</p>
          <MemoryFacts memory={memory} />
        </>
      ) : found.isError ? (
        <ErrorState error={found.error} onRetry={() => void found.refetch()} isRetrying={found.isRefetching} />
      ) : found.isLoading ? (
        <>
          <Skeleton className="h-28" />
          <Skeleton className="h-40" />
        </>
      ) : (
        <p className="text-ui text-muted">{t('elsewhere')}</p>
      )}
    </SidePanel>
  )
}
