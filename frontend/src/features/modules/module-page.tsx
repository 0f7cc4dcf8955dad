import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { RotateCw, Unplug } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { Page } from '@/components/page'
import { EmptyState, ErrorState, Skeleton } from '@/components/states'
import { useOrg } from '@/hooks/use-account'
import { ModuleFrame } from './components/module-frame'
import { interfaceQuery } from './queries'

const route = getRouteApi('/$org/modules/$slug')
// How long a module may take until it says that there is something to see.
const READY_MS = 10_000

export function ModulePage() {
  const t = useTranslations('module')
  const { slug } = route.useParams()
  const found = useQuery(interfaceQuery(useOrg(), slug))
  const [attempt, setAttempt] = useState(0)
  const name = slug.charAt(0).toUpperCase() + slug.slice(1).replaceAll('-', ' ')
  return (
    <Page title={name} note={t('note')}>
      {found.data ? (
        // Another module, or another attempt, is another frame.
        <Attempt key={`${slug} ${attempt}`} slug={slug} name={name} onRetry={() => setAttempt(attempt + 1)} />
      ) : found.isError ? (
        <ErrorState error={found.error} onRetry={() => void found.refetch()} isRetrying={found.isRefetching} />
      ) : (
        <Skeleton className="h-60" />
      )}
    </Page>
  )
}

type State = 'waiting' | 'ready' | 'silent'

function Attempt({ slug, name, onRetry }: { slug: string; name: string; onRetry: () => void }) {
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
          slug={slug}
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
