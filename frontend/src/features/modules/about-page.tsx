import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { may } from '@/api/account'
import { Ago } from '@/components/ago'
import { Button, buttonStyle } from '@/components/button'
import { Page } from '@/components/page'
import { Panel } from '@/components/panel'
import { ErrorState, Skeleton } from '@/components/states'
import { useAccount, useOrg } from '@/hooks/use-account'
import { ConfigForm } from './components/config-form'
import { ConsentDialog } from './components/consent-dialog'
import { DisableDialog } from './components/disable-dialog'
import { HealthPanel } from './components/health-panel'
import { MemoryUse, RightsList } from './components/rights-list'
import { configQuery, type ModuleWhole, moduleQuery } from './queries'

const route = getRouteApi('/$org/modules/$moduleId/about')

/** What a module is, may do, is set to, and how it fares. */
export function AboutPage() {
  const t = useTranslations('modules')
  const { moduleId } = route.useParams()
  const org = useOrg()
  const found = useQuery(moduleQuery(org, moduleId))
  return (
    <Page
      title={found.data?.name ?? moduleId}
      breadcrumb={[
        <Link key="modules" to="/$org/modules" params={{ org }} className="hover:text-fg">
          {t('title')}
        </Link>,
      ]}
      note={found.data?.description}
      actions={found.data ? <Actions module={found.data} /> : null}
    >
      {found.data ? (
        <About module={found.data} />
      ) : found.isError ? (
        <ErrorState error={found.error} onRetry={() => void found.refetch()} isRetrying={found.isRefetching} />
      ) : (
        <Skeleton className="h-60" />
      )}
    </Page>
  )
}

function Actions({ module }: { module: ModuleWhole }) {
  const t = useTranslations('modules')
  const org = useOrg()
  const canChange = may(useAccount(), 'modules:write')
  const [dialog, setDialog] = useState<'consent' | 'disable' | null>(null)
  const isPending = module.permissions_pending.length > 0
  const close = () => setDialog(null)
  return (
    <>
      {canChange && module.enabled ? (
        <Button look="danger" onClick={() => setDialog('disable')}>
          {t('disable.action')}
        </Button>
      ) : null}
      {canChange && (!module.enabled || isPending) ? (
        <Button look="primary" onClick={() => setDialog('consent')}>
          {t(module.enabled ? 'review' : 'enable')}
        </Button>
      ) : null}
      {module.enabled ? (
        <Link to="/$org/modules/$moduleId" params={{ org, moduleId: module.module_id }} className={buttonStyle()}>
          {t('open')}
        </Link>
      ) : null}
      <ConsentDialog module={module} isOpen={dialog === 'consent'} onClose={close} />
      <DisableDialog module={module} isOpen={dialog === 'disable'} onClose={close} />
    </>
  )
}

function About({ module }: { module: ModuleWhole }) {
  const t = useTranslations('modules')
  const canChange = may(useAccount(), 'modules:write')
  return (
    <>
      {module.permissions_pending.length > 0 ? (
        <p className="rounded-md bg-accent-soft px-3 py-2 text-ui">{t('pending', { name: module.name })}</p>
      ) : null}
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <div className="grid min-w-0 gap-4">
          <HealthPanel moduleId={module.module_id} />
          <Panel title={t('versions')}>
            <ul className="grid gap-1.5 text-ui">
              {module.versions.map((one) => (
                <li key={one.version} className="flex justify-between gap-3">
                  <span className="min-w-0 break-words tabular-nums">{one.version}</span>
                  <span className="text-muted">
                    <Ago at={one.registered_at} />
                  </span>
                </li>
              ))}
            </ul>
          </Panel>
        </div>
        <div className="grid min-w-0 gap-4">
          {canChange && module.enabled && module.has_config ? <Configuration module={module} /> : null}
          <Panel title={t(module.enabled ? 'mayDo' : 'asksFor')}>
            <div className="grid gap-3">
              <RightsList
                module={module}
                permissions={module.enabled ? module.permissions_accepted : module.permissions}
                label={t(module.enabled ? 'mayDo' : 'asksFor')}
              />
              <MemoryUse module={module} />
            </div>
          </Panel>
        </div>
      </div>
    </>
  )
}

function Configuration({ module }: { module: ModuleWhole }) {
  const t = useTranslations('modules.config')
  const found = useQuery(configQuery(useOrg(), module.module_id))
  return (
    <Panel title={t('title')} note={t('note')}>
      {found.data ? (
        <ConfigForm module={module} stored={found.data.config} />
      ) : found.isError ? (
        <ErrorState error={found.error} onRetry={() => void found.refetch()} isRetrying={found.isRefetching} />
      ) : (
        <Skeleton className="h-40" />
      )}
    </Panel>
  )
}
