import { useTranslations } from 'use-intl'
import { may } from '@/api/account'
import { Page } from '@/components/page'
import { useAccount } from '@/hooks/use-account'
import { Exports } from './components/exports'
import { Imports } from './components/imports'

/** Taking the whole memory away in an archive, and bringing one in. */
export function ExportsPage() {
  const t = useTranslations('exports')
  const account = useAccount()
  return (
    <Page title={t('title')} note={t('note')}>
      <Exports />
      {may(account, 'memory:admin') ? <Imports /> : null}
    </Page>
  )
}
