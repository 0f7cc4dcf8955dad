import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { may } from '@/api/account'
import { Button, buttonStyle } from '@/components/button'
import { useAccount, useOrg } from '@/hooks/use-account'
import type { Module } from '../queries'
import { ConsentDialog } from './consent-dialog'
import { HealthBadge } from './health-badge'

/** A module of the catalogue: what it does, how it is, and what can be done with it. */
export function ModuleCard({ module }: { module: Module }) {
  const t = useTranslations('modules')
  const org = useOrg()
  const canChange = may(useAccount(), 'modules:write')
  const [isAsking, setAsking] = useState(false)
  const { module_id: moduleId, name, enabled } = module
  const isPending = module.permissions_pending.length > 0
  return (
    <li className="flex min-w-0 flex-col gap-3 rounded-lg border bg-surface p-4">
      <div className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <h3 className="text-sm font-semibold break-words">{name}</h3>
          <p className="text-xs text-subtle tabular-nums">{t('version', { version: module.version })}</p>
        </div>
        <HealthBadge state={module.health.state} />
      </div>
      {module.description ? <p className="text-ui break-words text-muted">{module.description}</p> : null}
      {module.features.length > 0 ? (
        <ul aria-label={t('features')} className="flex flex-wrap gap-1.5">
          {module.features.map((feature) => (
            <li key={feature} className="rounded bg-sunken px-1.5 py-0.5 text-xs text-muted">
              {feature.replaceAll('_', ' ')}
            </li>
          ))}
        </ul>
      ) : null}
      {enabled && isPending ? (
        <p className="rounded-md bg-accent-soft px-3 py-2 text-ui">{t('pending', { name })}</p>
      ) : null}
      <div className="mt-auto flex flex-wrap items-center gap-2">
        {enabled ? (
          <Link
            to="/$org/modules/$moduleId"
            params={{ org, moduleId }}
            aria-label={t('openNamed', { name })}
            className={buttonStyle({ look: isPending && canChange ? 'plain' : 'primary' })}
          >
            {t('open')}
          </Link>
        ) : null}
        {canChange && (!enabled || isPending) ? (
          <Button
            look="primary"
            aria-label={t(enabled ? 'reviewNamed' : 'enableNamed', { name })}
            onClick={() => setAsking(true)}
          >
            {t(enabled ? 'review' : 'enable')}
          </Button>
        ) : null}
        <Link
          to="/$org/modules/$moduleId/about"
          params={{ org, moduleId }}
          aria-label={t('aboutNamed', { name })}
          className={buttonStyle({ look: 'quiet' })}
        >
          {t('about')}
        </Link>
      </div>
      <ConsentDialog module={module} isOpen={isAsking} onClose={() => setAsking(false)} />
    </li>
  )
}
