import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import { CheckField } from '@/components/check-field'
import { SelectField } from '@/components/select'
import { useOrg } from '@/hooks/use-account'
import { type Rule, rulesQuery, useSaveRules } from '../queries'
import { RulesPanel } from './rules-panel'

/** The rules by which memories go to the trash or are erased. */
export function Rules() {
  const t = useTranslations('retention.rules')
  return (
    <RulesPanel<Rule, { rules: Rule[] }>
      title={t('title')}
      note={t('note')}
      edit={t('edit')}
      none={t('none')}
      saved={(rules) => t(rules.some(({ active }) => active) ? 'saved' : 'savedNone')}
      query={useQuery(rulesQuery(useOrg()))}
      save={useSaveRules()}
      blank={{ action: 'trash', active: true }}
      said={({ action, active, days }, type) => {
        const rule = t(action === 'trash' ? 'toTrash' : 'erased', { type, days })
        return active ? rule : t('switchedOff', { rule })
      }}
      field={({ action, active }, change) => (
        <div className="grid gap-2">
          <SelectField
            label={t('action')}
            value={action}
            options={[
              { value: 'trash', label: t('trash') },
              { value: 'erase', label: t('erase') },
            ]}
            onChange={(next) => change({ action: next as Rule['action'] })}
          />
          <CheckField label={t('active')} isChecked={active} onChange={(next) => change({ active: next })} />
        </div>
      )}
    />
  )
}
