import { LoaderCircle, RotateCw, TriangleAlert, X } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { isPlanLimit, PlansLink, useReason } from '@/components/plan-limit'
import type { UploadState } from '../use-uploads'

type Props = { upload: UploadState; onAgain: () => void; onDismiss: () => void }

/** A file on its way to the server, or one that did not get there. */
export function UploadRow({ upload: { file, problem }, onAgain, onDismiss }: Props) {
  const t = useTranslations('imports')
  const reason = useReason()
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-3 text-ui">
      {problem ? (
        <TriangleAlert className="size-4 shrink-0 text-danger" aria-hidden />
      ) : (
        <LoaderCircle className="size-4 shrink-0 animate-spin text-muted" aria-hidden />
      )}
      <span className="min-w-0 flex-1 truncate font-medium">{file.name}</span>
      {problem ? (
        <>
          <span role="alert" className="text-danger">
            {reason(problem)}
          </span>
          {isPlanLimit(problem) ? <PlansLink /> : null}
          <Button look="quiet" size="icon" aria-label={t('sendAgain', { name: file.name })} onClick={onAgain}>
            <RotateCw aria-hidden />
          </Button>
          <Button look="quiet" size="icon" aria-label={t('dismiss', { name: file.name })} onClick={onDismiss}>
            <X aria-hidden />
          </Button>
        </>
      ) : (
        <span className="text-muted">{t('sending')}</span>
      )}
    </li>
  )
}
