import { useInfiniteQuery } from '@tanstack/react-query'
import { Blocks } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { Page } from '@/components/page'
import { EmptyState, ErrorState, Skeleton } from '@/components/states'
import { useOrg } from '@/hooks/use-account'
import { ModuleCard } from './components/module-card'
import { catalogueQuery, type Module } from './queries'

/** The catalogue: the modules in use first, then those that could be. */
export function ModulesPage() {
  const t = useTranslations('modules')
  const found = useInfiniteQuery(catalogueQuery(useOrg()))
  const modules = found.data?.pages.flatMap((page) => page.results) ?? []
  const inUse = modules.filter((module) => module.enabled)
  const others = modules.filter((module) => !module.enabled)
  return (
    <Page title={t('title')} note={t('note')}>
      {found.isError ? (
        <ErrorState error={found.error} onRetry={() => void found.refetch()} isRetrying={found.isRefetching} />
      ) : !found.data ? (
        <Skeleton className="h-60" />
      ) : modules.length === 0 ? (
        <EmptyState icon={Blocks} title={t('none.title')}>
          {t('none.text')}
        </EmptyState>
      ) : (
        <>
          <Cards title={t('inUse')} modules={inUse} />
          <Cards title={t('others')} modules={others} />
          {found.hasNextPage ? (
            <Button
              className="self-center"
              isBusy={found.isFetchingNextPage}
              onClick={() => void found.fetchNextPage()}
            >
              {t('more')}
            </Button>
          ) : null}
        </>
      )}
    </Page>
  )
}

function Cards({ title, modules }: { title: string; modules: Module[] }) {
  if (modules.length === 0) return null
  return (
    <section aria-label={title} className="grid gap-2">
      <h2 className="text-ui font-semibold">{title}</h2>
      <ul className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
        {modules.map((module) => (
          <ModuleCard key={module.module_id} module={module} />
        ))}
      </ul>
    </section>
  )
}
