import { Layers } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { buttonStyle } from '@/components/button'
import { ScrollRegion } from '@/components/scroll-region'
import { EmptyState } from '@/components/states'

/** Before the first memory: how to store one. */
export function FirstMemory() {
  const t = useTranslations('memories.first')
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
        <a href="/docs" className={buttonStyle()}>
          {t('docs')}
        </a>
      }
    >
      <p>{t('text')}</p>
      <ScrollRegion label={t('call')} className="max-w-full overflow-x-auto rounded-md border bg-sunken p-3 text-left">
        <pre className="font-mono text-xs text-fg">{call}</pre>
      </ScrollRegion>
    </EmptyState>
  )
}
