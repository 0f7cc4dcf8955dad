import { useTranslations } from 'use-intl'
import { Page } from '@/components/page'
import { Archive } from './components/archive'
import { Erasures } from './components/erasures'
import { Holds } from './components/holds'
import { Rules } from './components/rules'

/** For how long memories are kept, which must be, and which are gone for good. */
export function RetentionPage() {
  const t = useTranslations('retention')
  return (
    <Page title={t('title')} note={t('note')}>
      <Rules />
      <Archive />
      <Holds />
      <Erasures />
    </Page>
  )
}
