import { useTranslations } from 'use-intl'
import { Progress } from '@/components/progress'

/** How far memories have come on their way back from the archive. */
export function BringingBack({ done, total }: { done: number; total: number }) {
  const t = useTranslations('memories.bringingBack')
  const text = t('text', { done, total })
  return (
    <div role="status" className="grid gap-1.5 rounded-lg border bg-surface px-3 py-2 text-ui tabular-nums">
      <span>{text}</span>
      <Progress label={t('label')} text={text} done={done / (total || 1)} settled={done / (total || 1)} />
    </div>
  )
}
