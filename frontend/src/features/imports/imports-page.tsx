import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Lock } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { may } from '@/api/account'
import { Button, buttonStyle } from '@/components/button'
import { Page } from '@/components/page'
import { EmptyState, ErrorState, Skeleton } from '@/components/states'
import { useAccount, useOrg } from '@/hooks/use-account'
import { DropZone } from './components/drop-zone'
import { OperationRow } from './components/operation-row'
import { UploadRow } from './components/upload-row'
import { operationsQuery } from './queries'
import { useUploads } from './use-uploads'

/** Brings documents into the memory, and shows what became of those brought in before. */
export function ImportsPage() {
  const t = useTranslations('imports')
  const account = useAccount()
  const org = useOrg()
  const { uploads, add, again, dismiss } = useUploads()
  return (
    <Page
      title={t('title')}
      note={t('note')}
      actions={
        <Link to="/$org/memories" params={{ org }} className={buttonStyle()}>
          {t('memories')}
        </Link>
      }
    >
      {may(account, 'memory:write') ? <DropZone onFiles={add} /> : <EmptyState icon={Lock} title={t('notAllowed')} />}
      {uploads.length > 0 ? (
        <ul aria-label={t('uploads')} className="divide-y rounded-lg border bg-surface">
          {uploads.map((upload) => (
            <UploadRow
              key={upload.id}
              upload={upload}
              onAgain={() => again(upload.id)}
              onDismiss={() => dismiss(upload.id)}
            />
          ))}
        </ul>
      ) : null}
      <Operations />
    </Page>
  )
}

function Operations() {
  const t = useTranslations('imports')
  const org = useOrg()
  const operations = useInfiniteQuery(operationsQuery(org))
  if (operations.isError) {
    return (
      <ErrorState
        error={operations.error}
        onRetry={() => void operations.refetch()}
        isRetrying={operations.isRefetching}
      />
    )
  }
  if (!operations.data) return <Skeleton className="h-40" />
  const rows = operations.data.pages.flatMap((page) => page.results)
  if (rows.length === 0) return null
  return (
    <section aria-labelledby="imports-before" className="grid gap-2">
      <h2 id="imports-before" className="text-ui font-semibold">
        {t('before')}
      </h2>
      <ul className="divide-y rounded-lg border bg-surface">
        {rows.map((operation) => (
          <OperationRow key={operation.operation_id} operation={operation} />
        ))}
      </ul>
      {operations.hasNextPage ? (
        <Button
          className="justify-self-center"
          isBusy={operations.isFetchingNextPage}
          onClick={() => void operations.fetchNextPage()}
        >
          {t('older')}
        </Button>
      ) : null}
    </section>
  )
}
