import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Maximize2, RotateCcw, Trash2, X } from 'lucide-react'
import { useCallback } from 'react'
import { useTranslations } from 'use-intl'
import { Button, buttonStyle } from '@/components/button'
import { ScrollRegion } from '@/components/scroll-region'
import { ErrorState, Skeleton } from '@/components/states'
import { useOrg } from '@/hooks/use-account'
import { useKeys } from '@/hooks/use-keys'
import { headline } from '../headline'
import { type Memory, memoryQuery, type Target } from '../queries'
import { MemoryFacts } from './memory-facts'

type Props = {
  memoryId: string
  /** The memory as the list has it, if it is on this page. */
  listed: Memory | undefined
  state: 'live' | 'trash'
  onClose: () => void
  onAct: ((target: Target) => void) | undefined
}

/** One memory beside the list, which stays in use. */
export function PeekPanel({ memoryId, listed, state, onClose, onAct }: Props) {
  const t = useTranslations('peek')
  const org = useOrg()
  const found = useQuery({
    ...memoryQuery(org, memoryId),
    placeholderData: listed,
    // The API does not show what is in the trash; the list does.
    enabled: state === 'live',
  })
  const memory = found.data ?? listed
  useKeys({ Escape: onClose })
  // Once, when it opens: going on to the next memory leaves the focus where it is.
  const focus = useCallback((heading: HTMLElement | null) => heading?.focus(), [])
  return (
    <aside
      aria-labelledby="peek-title"
      className="fixed inset-0 z-20 flex flex-col border-l bg-raised shadow-float sm:top-14 sm:left-auto sm:w-[min(30rem,60vw)] lg:w-120"
    >
      <header className="flex items-center gap-1 border-b py-2 pr-3 pl-4">
        <h2 id="peek-title" ref={focus} tabIndex={-1} className="mr-auto text-ui font-semibold outline-none">
          {t('title')}
        </h2>
        {memory && onAct ? (
          <Button
            look="quiet"
            size="icon"
            aria-label={t(state === 'live' ? 'trash' : 'restore')}
            onClick={() => onAct({ ids: [memoryId] })}
          >
            {state === 'live' ? <Trash2 aria-hidden /> : <RotateCcw aria-hidden />}
          </Button>
        ) : null}
        {state === 'live' ? (
          <Link
            to="/$org/memories/$memoryId"
            params={{ org, memoryId }}
            aria-label={t('open')}
            className={buttonStyle({ look: 'quiet', size: 'icon' })}
          >
            <Maximize2 aria-hidden />
          </Link>
        ) : null}
        <Button look="quiet" size="icon" aria-label={t('close')} onClick={onClose}>
          <X aria-hidden />
        </Button>
      </header>
      <ScrollRegion
        label={memory ? headline(memory.content) : t('title')}
        className="grid content-start gap-5 overflow-y-auto p-4 focus-visible:-outline-offset-2"
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
      </ScrollRegion>
    </aside>
  )
}
