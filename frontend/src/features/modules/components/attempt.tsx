import { RotateCw, Unplug } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { EmptyState, Skeleton } from '@/components/states'
import { ModuleFrame } from './module-frame'

// How long a module may take until it says that there is something to see.
const READY_MS = 10_000

type Props = { moduleId: string; path: string; name: string; onRetry: () => void }
type State = 'waiting' | 'ready' | 'silent'

/** One attempt to show a module's page: waits for it, gives it up, or says what fault it reports. */
export function Attempt({ moduleId, path, name, onRetry }: Props) {
  const t = useTranslations('module')
  const [state, setState] = useState<State>('waiting')
  const [problem, setProblem] = useState<string | null>(null)
  useEffect(() => {
    if (state !== 'waiting') return
    const timer = setTimeout(() => setState('silent'), READY_MS)
    return () => clearTimeout(timer)
  }, [state])
  const retry = (
    <Button onClick={onRetry}>
      <RotateCw aria-hidden />
      {t('reload')}
    </Button>
  )
  return (
    <>
      {state === 'waiting' ? <Skeleton className="h-60" /> : null}
      {state === 'silent' ? (
        <div role="alert" className="rounded-lg border bg-surface">
          <EmptyState icon={Unplug} title={t('silent.title', { name })} action={retry}>
            {t('silent.text')}
          </EmptyState>
        </div>
      ) : (
        <ModuleFrame
          moduleId={moduleId}
          path={path}
          title={name}
          isShown={state === 'ready'}
          onReady={() => setState('ready')}
          onProblem={setProblem}
        />
      )}
      {problem !== null && state === 'ready' ? (
        <div role="alert" className="flex flex-wrap items-center justify-between gap-3 text-ui text-muted">
          <p className="min-w-0 break-words">{t('problem', { message: problem })}</p>
          {retry}
        </div>
      ) : null}
    </>
  )
}
