import { useInfiniteQuery } from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { ErrorState, Skeleton } from '@/components/states'
import { OperationRow, operationsQuery } from '@/features/imports'
import { useOrg } from '@/hooks/use-account'

/** What was brought in becomes findable: at once by its words, then by its meaning. */
export function ReadingStep({ onDone }: { onDone: () => void }) {
  const t = useTranslations('welcome.reading')
  const operations = useInfiniteQuery(operationsQuery(useOrg()))
  if (operations.isError) {
    return <ErrorState error={operations.error} onRetry={() => void operations.refetch()} />
  }
  if (!operations.data) return <Skeleton className="h-24" />
  const rows = operations.data.pages.flatMap((page) => page.results)
  return (
    <>
      {rows.length > 0 ? (
        <ul aria-label={t('list')} className="divide-y rounded-lg border bg-surface">
          {rows.map((operation) => (
            <OperationRow key={operation.operation_id} operation={operation} />
          ))}
        </ul>
      ) : (
        <p className="text-ui text-muted">{t('nothing')}</p>
      )}
      <Button look="primary" className="justify-self-end" onClick={onDone}>
        {t('next')}
      </Button>
    </>
  )
}
