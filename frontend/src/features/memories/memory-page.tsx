import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Pencil, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { may } from '@/api/account'
import { Button } from '@/components/button'
import { Page } from '@/components/page'
import { Panel } from '@/components/panel'
import { ErrorState, Skeleton } from '@/components/states'
import { ConceptProfile } from '@/features/concepts'
import { useAccount, useOrg } from '@/hooks/use-account'
import { focusOnce } from '@/lib/focus-once'
import { ApiError } from '@/lib/problem'
import { Absent } from './components/absent'
import { Archived } from './components/archived'
import { History } from './components/history'
import { MemoryEditor } from './components/memory-editor'
import { MemoryFacts } from './components/memory-facts'
import { Neighbours } from './components/neighbours'
import { Superseded } from './components/superseded'
import { WhyNotFound } from './components/why-not-found'
import { headline } from './headline'
import { type Edition, memoryQuery, useMoveMemories } from './queries'

const route = getRouteApi('/$org/memories/$memoryId')

export function MemoryPage() {
  const t = useTranslations('memory')
  const org = useOrg()
  const { memoryId } = route.useParams()
  const memory = useQuery(memoryQuery(org, memoryId))
  const toList = (
    <Link to="/$org/memories" params={{ org }} className="hover:text-fg hover:underline">
      {t('list')}
    </Link>
  )
  const [edited, setEdited] = useState<string | null>(null)
  const isAbsent = memory.error instanceof ApiError && memory.error.status === 404
  // Somebody may delete it while its text is being written: what was typed stays.
  if (!memory.data || (isAbsent && edited !== memoryId)) {
    return (
      <Page title={t('title')} breadcrumb={[toList]}>
        {isAbsent ? (
          <Absent memoryId={memoryId} error={memory.error} onRetry={() => void memory.refetch()} />
        ) : memory.isError ? (
          <ErrorState error={memory.error} onRetry={() => void memory.refetch()} isRetrying={memory.isRefetching} />
        ) : (
          <div className="grid gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
            <Skeleton className="h-60" />
            <Skeleton className="h-60" />
          </div>
        )}
      </Page>
    )
  }
  // Going on to a neighbour begins anew, with nothing typed or asked.
  return (
    <OneMemory
      key={memoryId}
      memory={memory.data}
      toList={toList}
      onEdit={(isEditing) => setEdited(isEditing ? memoryId : null)}
    />
  )
}

type OneProps = { memory: Edition; toList: ReactNode; onEdit: (isEditing: boolean) => void }

function OneMemory({ memory, toList, onEdit }: OneProps) {
  const t = useTranslations('memory')
  const canWrite = may(useAccount(), 'memory:write')
  const [editing, setEditing] = useState<'not yet' | 'now' | 'done'>('not yet')
  function edit(next: 'now' | 'done') {
    setEditing(next)
    onEdit(next === 'now')
  }
  const actions = (
    <div className="flex gap-2">
      <Button
        // Where one was before the form took its place.
        ref={editing === 'done' ? focusOnce : undefined}
        onClick={() => edit('now')}
      >
        <Pencil aria-hidden />
        {t('edit')}
      </Button>
      <TrashButton memoryId={memory.memory_id} />
    </div>
  )
  return (
    <Page
      title={headline(memory.content)}
      breadcrumb={[toList]}
      actions={canWrite && editing !== 'now' ? actions : undefined}
    >
      <Superseded memory={memory} />
      <Archived memory={memory} />
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <div className="grid min-w-0 gap-4">
          <Panel title={t(editing === 'now' ? 'editing' : 'text')}>
            {editing === 'now' ? (
              <MemoryEditor memory={memory} onClose={() => edit('done')} />
            ) : (
              <p className="max-w-[75ch] leading-relaxed break-words whitespace-pre-wrap">{memory.content}</p>
            )}
          </Panel>
          <Neighbours memory={memory} />
          <ConceptProfile memoryId={memory.memory_id} />
        </div>
        <div className="grid min-w-0 gap-4">
          <Panel title={t('facts')}>
            <MemoryFacts memory={memory} />
          </Panel>
          <History memoryId={memory.memory_id} />
          <WhyNotFound memoryId={memory.memory_id} />
        </div>
      </div>
    </Page>
  )
}

function TrashButton({ memoryId }: { memoryId: string }) {
  const t = useTranslations('memory')
  const org = useOrg()
  const navigate = useNavigate()
  const trash = useMoveMemories('trash')
  return (
    <Button
      look="danger"
      isBusy={trash.isPending}
      onClick={() =>
        trash.mutate({ ids: [memoryId] }, { onSuccess: () => void navigate({ to: '/$org/memories', params: { org } }) })
      }
    >
      {trash.isPending ? null : <Trash2 aria-hidden />}
      {t('trash')}
    </Button>
  )
}
