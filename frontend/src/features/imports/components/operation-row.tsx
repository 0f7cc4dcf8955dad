import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ChevronRight, CircleCheck, CircleSlash, FileText, TriangleAlert } from 'lucide-react'
import { useId, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { may } from '@/api/account'
import { Ago } from '@/components/ago'
import { Button } from '@/components/button'
import { Progress } from '@/components/progress'
import { ErrorState, Skeleton } from '@/components/states'
import { useAccount, useOrg } from '@/hooks/use-account'
import { cn } from '@/lib/cn'
import {
  isOver,
  type Operation,
  type OperationSummary,
  operationQuery,
  progressQuery,
  useCancel,
  useRetry,
} from '../queries'

/** A batch: how far it has come, live, and what became of its texts. */
export function OperationRow({ operation: listed }: { operation: OperationSummary }) {
  const t = useTranslations('imports')
  const org = useOrg()
  const canWrite = may(useAccount(), 'memory:write')
  const [isOpen, setOpen] = useState(false)
  const details = useId()
  // What the stream tells is put there; the list knows the rest.
  const live = useQuery({ ...operationQuery(org, listed.operation_id), enabled: false })
  const operation: OperationSummary = live.data ?? listed
  const over = isOver(operation)
  const progress = useQuery({ ...progressQuery(org, listed.operation_id), enabled: !over })
  const cancel = useCancel()
  const retry = useRetry()
  const name = operation.name || t('unnamed')
  const isStored = operation.finished_at !== null
  return (
    <li className="grid gap-2 px-4 py-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-ui">
        <StatusIcon operation={operation} />
        <button
          type="button"
          aria-expanded={isOpen}
          aria-controls={details}
          onClick={() => setOpen(!isOpen)}
          className="flex min-w-0 flex-1 items-center gap-1 text-left font-medium"
        >
          <ChevronRight
            className={cn('size-4 shrink-0 text-subtle transition-transform', isOpen && 'rotate-90')}
            aria-hidden
          />
          <span className="truncate">{name}</span>
        </button>
        <span className="text-xs text-muted">
          <Ago at={operation.created_at} />
        </span>
        {canWrite && !isStored ? (
          <Button size="small" isBusy={cancel.isPending} onClick={() => cancel.mutate(operation.operation_id)}>
            {t('cancel')}
          </Button>
        ) : null}
        {canWrite && isStored && (operation.total === null || operation.done < operation.total) ? (
          <Button size="small" isBusy={retry.isPending} onClick={() => retry.mutate(operation.operation_id)}>
            {t('retry')}
          </Button>
        ) : null}
      </div>
      <Stages operation={operation} name={name} isLost={!over && progress.failureCount > 1} />
      <div id={details} hidden={!isOpen}>
        {isOpen ? <Details operationId={operation.operation_id} isLive={!over} /> : null}
      </div>
    </li>
  )
}

function StatusIcon({ operation }: { operation: OperationSummary }) {
  if (operation.status === 'cancelled') return <CircleSlash className="size-4 shrink-0 text-muted" aria-hidden />
  if (operation.failed > 0) return <TriangleAlert className="size-4 shrink-0 text-danger" aria-hidden />
  if (isOver(operation)) return <CircleCheck className="size-4 shrink-0 text-good" aria-hidden />
  return <FileText className="size-4 shrink-0 text-muted" aria-hidden />
}

/** Found by their words, then read by the models: in words and as a bar. */
function Stages({ operation, name, isLost }: { operation: OperationSummary; name: string; isLost: boolean }) {
  const t = useTranslations('imports')
  const { done, read, total, failed, understood, status } = operation
  const failures = failed > 0 ? ` · ${t('failed', { count: failed })}` : ''
  // As long as its file is being read, nobody knows how many texts there will be.
  const text =
    (total === null
      ? t(isOver(operation) ? 'notRead' : 'reading', { count: read })
      : isOver(operation)
        ? t(status === 'cancelled' ? 'cancelled' : 'over', { done, total })
        : t(status === 'queued' ? 'queued' : 'stages', { done, total, understood })) + failures
  return (
    <>
      {isOver(operation) ? null : (
        <Progress
          label={t('progress', { name })}
          text={text}
          done={total ? (done + failed) / total : 0}
          settled={total ? understood / total : 0}
        />
      )}
      <p className="text-xs text-muted">
        {text}
        {isLost ? ` · ${t('lost')}` : null}
      </p>
    </>
  )
}

/** What failed and why, and what was known before. */
function Details({ operationId, isLive }: { operationId: string; isLive: boolean }) {
  const t = useTranslations('imports')
  const org = useOrg()
  const operation = useQuery({ ...operationQuery(org, operationId), enabled: !isLive })
  if (operation.isError) return <ErrorState error={operation.error} onRetry={() => void operation.refetch()} />
  if (!operation.data) return <Skeleton className="h-16" />
  const { errors, duplicates, failed, duplicate_count } = operation.data
  if (errors.length === 0 && duplicates.length === 0) return <p className="text-ui text-muted">{t('allNew')}</p>
  return (
    <div className="grid gap-3 text-ui">
      {errors.length > 0 ? <Failures errors={errors} more={failed - errors.length} /> : null}
      {duplicates.length > 0 ? <Duplicates duplicates={duplicates} more={duplicate_count - duplicates.length} /> : null}
    </div>
  )
}

function Failures({ errors, more }: { errors: Operation['errors']; more: number }) {
  const t = useTranslations('imports')
  return (
    <section>
      <h3 className="font-medium">{t('failures')}</h3>
      <ul className="mt-1 grid gap-1">
        {errors.map((error) => (
          <li key={error.index} className="flex gap-2">
            <span className="shrink-0 text-muted tabular-nums">{t('text', { number: error.index + 1 })}</span>
            <span className="min-w-0 break-words">{error.detail}</span>
          </li>
        ))}
      </ul>
      {more > 0 ? <p className="mt-1 text-muted">{t('more', { count: more })}</p> : null}
    </section>
  )
}

function Duplicates({ duplicates, more }: { duplicates: Operation['duplicates']; more: number }) {
  const t = useTranslations('imports')
  const { number } = useFormatter()
  const org = useOrg()
  return (
    <section>
      <h3 className="font-medium">{t('duplicates')}</h3>
      <ul className="mt-1 grid gap-1">
        {duplicates.map((one) => (
          <li key={one.index} className="flex flex-wrap gap-x-2">
            <span className="text-muted tabular-nums">{t('text', { number: one.index + 1 })}</span>
            {t.rich(one.similarity === 1 ? 'same' : 'alike', {
              share: number(one.similarity, { style: 'percent' }),
              own: (text) => (
                <MemoryLink org={org} id={one.memory_id}>
                  {text}
                </MemoryLink>
              ),
              other: (text) => (
                <MemoryLink org={org} id={one.duplicate_of}>
                  {text}
                </MemoryLink>
              ),
            })}
          </li>
        ))}
      </ul>
      {more > 0 ? <p className="mt-1 text-muted">{t('more', { count: more })}</p> : null}
    </section>
  )
}

function MemoryLink({ org, id, children }: { org: string; id: string; children: React.ReactNode }) {
  return (
    <Link
      to="/$org/memories/$memoryId"
      params={{ org, memoryId: id }}
      className="underline decoration-line-strong underline-offset-2 hover:text-accent-text"
    >
      {children}
    </Link>
  )
}
