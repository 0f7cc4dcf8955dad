import { useTranslations } from 'use-intl'
import { Page } from '@/components/page'
import { Grants } from './components/grants'
import { Modules } from './components/modules'

/** Whose memories are open to whom: what modules share by themselves, and what was opened to somebody. */
export function SharingPage() {
  const t = useTranslations('sharing')
  return (
    <Page title={t('title')} note={t('note')}>
      <Grants />
      <Modules />
    </Page>
  )
}
