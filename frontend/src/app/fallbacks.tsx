import { type ErrorComponentProps, Link, useRouter } from '@tanstack/react-router'
import { SearchX } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { isServerThere } from '@/api/reachable'
import { buttonStyle } from '@/components/button'
import { EmptyState, ErrorState } from '@/components/states'
import { useTitle } from '@/hooks/use-title'
import { isMissingPart } from '@/lib/missing-part'

/** What is seen while a page's programme is on its way: the same as before the first one, so nothing jumps. */
export function OutlinePage() {
  const t = useTranslations('shell')
  return <div role="status" aria-label={t('loading')} className="min-h-40" />
}

/** In the place of a page that failed. */
export function ProblemPage({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  async function retry() {
    if (!isMissingPart(error)) {
      reset()
      await router.invalidate()
    } else if (await isServerThere()) {
      window.location.reload()
    }
  }
  return (
    <div className="grid min-h-[60dvh] place-items-center">
      <ErrorState error={error} onRetry={() => void retry()} />
    </div>
  )
}

/** The same where there is no frame around it. */
export function ProblemScreen(props: ErrorComponentProps) {
  return (
    <main>
      <h1 className="sr-only">Lift OS</h1>
      <ProblemPage {...props} />
    </main>
  )
}

export function NotFoundPage() {
  const t = useTranslations('notFound')
  useTitle(t('title'))
  return (
    <main className="grid min-h-[60dvh] place-items-center">
      <div>
        <h1 className="sr-only">{t('title')}</h1>
        <EmptyState
          icon={SearchX}
          title={t('title')}
          action={
            <Link to="/" className={buttonStyle({ look: 'primary' })}>
              {t('start')}
            </Link>
          }
        >
          {t('text')}
        </EmptyState>
      </div>
    </main>
  )
}
