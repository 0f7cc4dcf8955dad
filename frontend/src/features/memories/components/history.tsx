import { useInfiniteQuery } from '@tanstack/react-query'
import { ChevronRight, Dot } from 'lucide-react'
import { useId, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { Ago } from '@/components/ago'
import { Button } from '@/components/button'
import { Panel } from '@/components/panel'
import { ErrorState, Skeleton } from '@/components/states'
import { TextDiff } from '@/components/text-diff'
import { useAccount, useOrg } from '@/hooks/use-account'
import { cn } from '@/lib/cn'
import { typeName } from '../headline'
import { changedMetadata } from '../metadata'
import { historyQuery, type Revision } from '../queries'

/** The revisions of a memory, newest first: who made each, when, and what it changed. */
export function History({ memoryId }: { memoryId: string }) {
  const t = useTranslations('memory.history')
  const history = useInfiniteQuery(historyQuery(useOrg(), memoryId))
  const revisions = history.data?.pages.flatMap((page) => page.results)
  return (
    <Panel title={t('title')}>
      {revisions ? (
        <div className="grid gap-2">
          <ol className="grid gap-2">
            {revisions.map((revision, place) => (
              <Entry key={revision.revision} revision={revision} before={revisions[place + 1]} />
            ))}
          </ol>
          {history.hasNextPage ? (
            <Button
              size="small"
              className="justify-self-start"
              isBusy={history.isFetchingNextPage}
              onClick={() => void history.fetchNextPage()}
            >
              {t('older')}
            </Button>
          ) : null}
        </div>
      ) : history.isError ? (
        <ErrorState error={history.error} onRetry={() => void history.refetch()} isRetrying={history.isRefetching} />
      ) : (
        <Skeleton className="h-16" />
      )}
    </Panel>
  )
}

type EntryProps = {
  revision: Revision
  /** The one that it replaced, if it has come already. */
  before: Revision | undefined
}

function Entry({ revision, before }: EntryProps) {
  const t = useTranslations('memory.history')
  const { list } = useFormatter()
  const { user } = useAccount()
  const [isOpen, setOpen] = useState(false)
  const details = useId()
  const fields = useFieldNames()
  const isEdit = revision.action === 'edited'
  const what =
    revision.action === 'edited'
      ? t('changed', { what: list(revision.changed.map((field) => fields[field] ?? field)) })
      : t(`actions.${revision.action}`)
  // Whose name is behind an id only the person themselves can be told yet.
  const who =
    revision.recorded_by === null ? t('byNobody') : revision.recorded_by === user.id ? t('byYou') : t('bySomebody')
  return (
    <li className="grid gap-1 text-ui">
      {before && isEdit ? (
        <button
          type="button"
          aria-expanded={isOpen}
          aria-controls={details}
          onClick={() => setOpen(!isOpen)}
          className="flex items-start gap-1 rounded text-left hover:underline"
        >
          <ChevronRight
            className={cn('mt-0.5 size-4 shrink-0 text-subtle transition-transform', isOpen && 'rotate-90')}
            aria-hidden
          />
          <span className="min-w-0">{what}</span>
        </button>
      ) : (
        <span className="flex items-start gap-1">
          <Dot className="mt-0.5 size-4 shrink-0 text-subtle" aria-hidden />
          <span className="min-w-0">{what}</span>
        </span>
      )}
      <span className="pl-5 text-xs text-muted">
        <Ago at={revision.recorded_at} /> · {who}
      </span>
      {revision.reason ? <span className="pl-5 text-xs break-words italic">{revision.reason}</span> : null}
      {before && isEdit ? (
        <div id={details} hidden={!isOpen} className="pl-5">
          {isOpen ? <Changes before={before} after={revision} /> : null}
        </div>
      ) : null}
    </li>
  )
}

/** What each field was and became. */
function Changes({ before, after }: { before: Revision; after: Revision }) {
  const t = useTranslations('memory.history')
  const { dateTime } = useFormatter()
  const fields = useFieldNames()
  const when = (at: string | null) => at && dateTime(new Date(at), { dateStyle: 'medium', timeStyle: 'short' })
  const written = (field: string, revision: Revision): string => {
    switch (field) {
      case 'memory_type':
        return typeName(revision.memory_type)
      case 'source':
        return revision.source || t('nothing')
      case 'occurred_at':
      case 'occurred_end':
      case 'expires_at':
        return when(revision[field]) || t('nothing')
      default:
        return revision.content
    }
  }
  return (
    <dl className="grid gap-2 rounded-md border bg-bg p-3">
      {after.changed.map((field) =>
        field === 'metadata' ? (
          changedMetadata(before.metadata, after.metadata).map(([name, old, now]) => (
            <Change key={`metadata ${name}`} name={name} before={old} after={now} />
          ))
        ) : (
          <Change
            key={field}
            name={fields[field] ?? field}
            before={written(field, before)}
            after={written(field, after)}
          />
        ),
      )}
    </dl>
  )
}

function Change({ name, before, after }: { name: string; before: string; after: string }) {
  return (
    <div className="grid min-w-0 gap-0.5">
      <dt className="text-xs text-muted">{name}</dt>
      <dd className="min-w-0">
        <TextDiff before={before} after={after} />
      </dd>
    </div>
  )
}

/** The fields that an edit can change, as people call them. */
function useFieldNames(): Record<string, string> {
  const t = useTranslations('memory')
  return {
    content: t('text'),
    metadata: t('metadata'),
    memory_type: t('type'),
    source: t('source'),
    occurred_at: t('occurred'),
    occurred_end: t('occurredEnd'),
    expires_at: t('expires'),
  }
}
