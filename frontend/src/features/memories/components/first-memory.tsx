import { Link } from '@tanstack/react-router'
import { Layers } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { buttonStyle } from '@/components/button'
import { ScrollRegion } from '@/components/scroll-region'
import { EmptyState } from '@/components/states'
import { useOrg } from '@/hooks/use-account'

/** Before the first memory: how to store one. */
export function FirstMemory() {
  const t = useTranslations('memories.first')
  const org = useOrg()
  const call = [
    `curl ${window.location.origin}/api/v1/memory/store \\`,
    '  -H "Authorization: Bearer $TOKEN" \\',
    '  -H "Content-Type: application/json" \\',
    `  -d '{"content": "${t('example')}"}'`,
  ].join('\n')
  return (
    <EmptyState
      icon={Layers}
      title={t('title')}
      action={
        <>
          <Link to="/$org/welcome" params={{ org }} className={buttonStyle({ look: 'primary' })}>
            {t('start')}
          </Link>
          <Link to="/$org/import" params={{ org }} className={buttonStyle()}>
            {t('import')}
          </Link>
          <a href="/docs" className={buttonStyle({ look: 'quiet' })}>
            {t('docs')}
          </a>
        </>
      }
    >
      <p>{t('text')}</p>
      <ScrollRegion label={t('call')} className="max-w-full overflow-x-auto rounded-md border bg-sunken p-3 text-left">
        <pre className="font-mono text-xs text-fg">{call}</pre>
      </ScrollRegion>
    </EmptyState>
  )
}
