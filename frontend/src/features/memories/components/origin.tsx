import { useMutation } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { answerOf, api } from '@/api/client'
import { Button } from '@/components/button'
import { useFailed } from '@/components/plan-limit'
import { saveFrom } from '@/lib/save-file'
import type { Memory } from '../queries'

/** The file that a memory was read from and its place there, with the original to save as long as it is kept. */
export function Origin({ file }: { file: NonNullable<Memory['file']> }) {
  const t = useTranslations('memory.origin')
  const failed = useFailed()
  const download = useMutation({
    mutationFn: () =>
      answerOf(api.POST('/api/v1/memory/files/{file_id}/link', { params: { path: { file_id: file.id } } })),
    onSuccess: ({ path }) => saveFrom(path),
    onError: (error) => failed(error, (reason) => t('failed', { reason })),
  })
  const places = [
    file.sheet !== null && t('sheet', { name: file.sheet }),
    file.row !== null && t('row', { number: file.row }),
    file.page !== null && t('page', { number: file.page }),
    file.line !== null && t('line', { number: file.line }),
  ].filter((place) => place !== false)
  return (
    <div className="grid justify-items-start gap-1">
      <span>{[file.name, ...places].join(', ')}</span>
      {file.available ? (
        <Button size="small" isBusy={download.isPending} onClick={() => download.mutate()}>
          {download.isPending ? null : <Download aria-hidden />}
          {t('download')}
        </Button>
      ) : (
        <span className="text-muted">{t('gone')}</span>
      )}
    </div>
  )
}
