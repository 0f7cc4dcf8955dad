import { useTranslations } from 'use-intl'
import { CheckField } from '@/components/check-field'
import { groupsOf } from '../areas'
import type { PermissionRow } from '../queries'

type Props = {
  rows: PermissionRow[]
  chosen: ReadonlySet<string>
  onChange: (chosen: Set<string>) => void
  isReadOnly?: boolean
}

/** All permissions by area, to choose from; what one does not have oneself cannot be given. */
export function PermissionList({ rows, chosen, onChange, isReadOnly = false }: Props) {
  const t = useTranslations('people.permissions')
  // What modules bring is said as they say it.
  const wordsOf = ({ permission, description }: PermissionRow) => {
    const known = KNOWN.find((one) => one === permission)
    return known ? t(`known.${known}`) : description || permission
  }
  return (
    <div className="grid gap-x-8 gap-y-5 sm:grid-cols-2">
      {groupsOf(rows).map((group) => (
        <fieldset key={group.module ?? group.area} className="grid content-start gap-2.5">
          <legend className="pb-2 text-xs font-medium text-subtle">
            {group.module ? t('ofModule', { name: group.area }) : areaName(t, group.area)}
          </legend>
          {group.rows.map((row) => (
            <CheckField
              key={row.permission}
              label={
                <>
                  {wordsOf(row)} <code className="font-mono text-xs text-subtle">{row.permission}</code>
                </>
              }
              hint={row.held || isReadOnly ? undefined : t('notHeld')}
              isChecked={chosen.has(row.permission)}
              // What somebody else has given stays possible to take away.
              isDisabled={isReadOnly || (!row.held && !chosen.has(row.permission))}
              onChange={(isChecked) => {
                const next = new Set(chosen)
                if (isChecked) next.add(row.permission)
                else next.delete(row.permission)
                onChange(next)
              }}
            />
          ))}
        </fieldset>
      ))}
    </div>
  )
}

const KNOWN = [
  'org:read',
  'org:write',
  'org:admin',
  'members:read',
  'members:write',
  'keys:read',
  'keys:write',
  'memory:read',
  'memory:write',
  'memory:admin',
  'memory:export',
  'modules:read',
  'modules:write',
] as const

const AREAS = ['org', 'members', 'keys', 'memory', 'modules'] as const

function areaName(t: ReturnType<typeof useTranslations<'people.permissions'>>, area: string) {
  const known = AREAS.find((one) => one === area.toLowerCase())
  return known ? t(`areas.${known}`) : area
}
