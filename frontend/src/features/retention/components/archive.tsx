import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { useOrg } from '@/hooks/use-account'
import { useUnits } from '@/hooks/use-units'
import { archiveQuery, useSaveArchiveRules } from '../queries'
import { RulesPanel } from './rules-panel'

/** The rules by which cold memories are archived, and what the archive saves. */
export function Archive() {
  const t = useTranslations('retention.archive')
  const org = useOrg()
  const { amount } = useUnits()
  return (
    <RulesPanel
      title={t('title')}
      note={t('note')}
      edit={t('edit')}
      none={t('none')}
      saved={() => t('saved')}
      query={useQuery(archiveQuery(org))}
      save={useSaveArchiveRules()}
      blank={{}}
      said={({ days }, type) => t('rule', { type, days })}
      foot={({ memories, size_before, size_after }) => (
        <p className="flex flex-wrap gap-x-3 text-muted tabular-nums">
          {t('held', { count: memories, before: amount(size_before, 'bytes'), after: amount(size_after, 'bytes') })}
          {memories > 0 ? (
            <Link
              to="/$org/memories"
              params={{ org }}
              search={{ state: 'archived' }}
              className="rounded text-accent-text hover:underline"
            >
              {t('show')}
            </Link>
          ) : null}
        </p>
      )}
    />
  )
}
