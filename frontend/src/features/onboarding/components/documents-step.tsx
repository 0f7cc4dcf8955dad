import { useInfiniteQuery, useMutation } from '@tanstack/react-query'
import { Sparkles } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { toast } from '@/components/toast'
import { DropZone, OperationRow, operationsQuery, UploadRow, useUploads } from '@/features/imports'
import { useOrg } from '@/hooks/use-account'
import { problemOf } from '@/lib/problem'

const SAMPLE = 'lighthouse-tea.jsonl'

async function sample(): Promise<File> {
  const answer = await fetch(`${import.meta.env.BASE_URL}samples/${SAMPLE}`)
  if (!answer.ok) throw await problemOf(answer)
  return new File([await answer.blob()], SAMPLE)
}

/** One's own documents, or some made-up ones to try it with. */
export function DocumentsStep({ onDone }: { onDone: () => void }) {
  const t = useTranslations('welcome.documents')
  const org = useOrg()
  const { uploads, add, again, dismiss } = useUploads()
  const operations = useInfiniteQuery(operationsQuery(org))
  const rows = operations.data?.pages.flatMap((page) => page.results) ?? []
  const samples = useMutation({
    mutationFn: sample,
    onSuccess: (file) => add([file]),
    onError: () => toast.failed(t('noSample')),
  })
  return (
    <>
      <DropZone onFiles={add} />
      <div className="flex flex-wrap items-center justify-between gap-3">
        <Button look="quiet" isBusy={samples.isPending} onClick={() => samples.mutate()}>
          <Sparkles aria-hidden />
          {t('sample')}
        </Button>
        <Button look="primary" disabled={rows.length === 0} onClick={onDone}>
          {t('next')}
        </Button>
      </div>
      {uploads.length + rows.length > 0 ? (
        <ul aria-label={t('list')} className="divide-y rounded-lg border bg-surface">
          {uploads.map((upload) => (
            <UploadRow
              key={upload.id}
              upload={upload}
              onAgain={() => again(upload.id)}
              onDismiss={() => dismiss(upload.id)}
            />
          ))}
          {rows.map((operation) => (
            <OperationRow key={operation.operation_id} operation={operation} />
          ))}
        </ul>
      ) : null}
    </>
  )
}
