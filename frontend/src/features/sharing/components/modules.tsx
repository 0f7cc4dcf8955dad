import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import { Loaded } from '@/components/loaded'
import { Panel } from '@/components/panel'
import { PlainTable } from '@/components/plain-table'
import { typeName } from '@/features/memories'
import { useOrg } from '@/hooks/use-account'
import { sharingQuery } from '../queries'

/** What each module shares with everybody, and what it keeps closed. */
export function Modules() {
  const t = useTranslations('sharing.modules')
  const sharing = useQuery(sharingQuery(useOrg()))
  const names = (types: string[]) => (types.length > 0 ? types.map(typeName).join(', ') : t('nothing'))
  return (
    <Panel title={t('title')} note={t('note')}>
      <Loaded query={sharing}>
        {({ results }) =>
          results.length === 0 ? (
            <p className="text-ui text-muted">{t('none')}</p>
          ) : (
            <PlainTable
              label={t('title')}
              rows={results}
              idOf={(row) => row.module}
              columns={[
                { id: 'module', header: t('module'), cell: (row) => row.module },
                { id: 'shared', header: t('shared'), cell: (row) => names(row.shared_types), isNamed: true },
                { id: 'closed', header: t('closed'), cell: (row) => names(row.closed_types), isNamed: true },
              ]}
            />
          )
        }
      </Loaded>
    </Panel>
  )
}
