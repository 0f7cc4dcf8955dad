import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { EyeOff, Lock, PowerOff } from 'lucide-react'
import { useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { buttonStyle } from '@/components/button'
import { Page } from '@/components/page'
import { EmptyState, ErrorState, Skeleton } from '@/components/states'
import { useAccount, useOrg } from '@/hooks/use-account'
import { Attempt } from './components/attempt'
import { interfaceQuery, type ModuleWhole, moduleQuery, type UiComponent } from './queries'

const route = getRouteApi('/$org/modules/$moduleId/')

/** A module's own pages. */
export function ModulePage() {
  const t = useTranslations('module')
  const { moduleId } = route.useParams()
  const org = useOrg()
  const found = useQuery(moduleQuery(org, moduleId))
  return (
    <Page
      title={found.data?.name ?? moduleId}
      breadcrumb={[
        <Link key="modules" to="/$org/modules" params={{ org }} className="hover:text-fg">
          {t('modules')}
        </Link>,
      ]}
      note={t('note')}
      actions={
        found.data ? (
          <Link to="/$org/modules/$moduleId/about" params={{ org, moduleId }} className={buttonStyle()}>
            {t('about')}
          </Link>
        ) : null
      }
    >
      {found.data ? (
        <Pages module={found.data} />
      ) : found.isError ? (
        <ErrorState error={found.error} onRetry={() => void found.refetch()} isRetrying={found.isRefetching} />
      ) : (
        <Skeleton className="h-60" />
      )}
    </Page>
  )
}

/** The pages that somebody may see, one of them shown; or why there is none. */
function Pages({ module }: { module: ModuleWhole }) {
  const t = useTranslations('module')
  const { list } = useFormatter()
  const { permissions } = useAccount()
  const { page } = route.useSearch()
  const name = module.name
  if (!module.enabled) {
    return (
      <EmptyState icon={PowerOff} title={t('notEnabled.title', { name })}>
        {t('notEnabled.text')}
      </EmptyState>
    )
  }
  if (module.ui_components.length === 0) {
    return (
      <EmptyState icon={EyeOff} title={t('noPages.title', { name })}>
        {t('noPages.text')}
      </EmptyState>
    )
  }
  const missing = (one: UiComponent) => (one.permissions ?? []).filter((needed) => !permissions.includes(needed))
  const open = module.ui_components.filter((one) => missing(one).length === 0)
  const shown = open.find((one) => one.path === page) ?? open[0]
  if (!shown) {
    return (
      <EmptyState icon={Lock} title={t('notYours.title', { name })}>
        {t('notYours.text', { rights: list(new Set(module.ui_components.flatMap(missing))) })}
      </EmptyState>
    )
  }
  return (
    <>
      {open.length > 1 ? <PageLinks components={open} shown={shown} label={t('pages', { name })} /> : null}
      <Mounted key={module.module_id + shown.path} module={module} path={shown.path} />
    </>
  )
}

type LinksProps = { components: UiComponent[]; shown: UiComponent; label: string }

function PageLinks({ components, shown, label }: LinksProps) {
  const { org, moduleId } = route.useParams()
  return (
    <nav aria-label={label} className="flex flex-wrap gap-1">
      {components.map((one) => (
        <Link
          key={one.path}
          to="/$org/modules/$moduleId"
          params={{ org, moduleId }}
          search={{ page: one.path }}
          aria-current={one === shown ? 'page' : undefined}
          className={buttonStyle({ look: one === shown ? 'plain' : 'quiet' })}
        >
          {one.name}
        </Link>
      ))}
    </nav>
  )
}

function Mounted({ module, path }: { module: ModuleWhole; path: string }) {
  const found = useQuery(interfaceQuery(useOrg(), module.module_id, path))
  const [attempt, setAttempt] = useState(0)
  if (found.isError) {
    return <ErrorState error={found.error} onRetry={() => void found.refetch()} isRetrying={found.isRefetching} />
  }
  if (!found.data) return <Skeleton className="h-60" />
  return (
    <Attempt
      // Another attempt is another frame.
      key={attempt}
      moduleId={module.module_id}
      path={path}
      name={module.name}
      onRetry={() => setAttempt(attempt + 1)}
    />
  )
}
