import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { may } from '@/api/account'
import { Button } from '@/components/button'
import { inputStyle } from '@/components/field'
import { SelectField } from '@/components/select'
import { areasOf, eventTypesQuery, useAreaName } from '@/features/events'
import { membersQuery } from '@/features/people'
import { useAccount, useOrg } from '@/hooks/use-account'
import { cn } from '@/lib/cn'
import { ACTOR_KINDS, type AuditSearch, dayOf, isNarrowed, RANGES, UNNARROWED } from '../filters'

type Props = { search: AuditSearch; onChange: (next: Partial<AuditSearch>) => void }

/** Narrows the log: when, what, who; and what was chosen from an entry. */
export function FilterBar({ search, onChange }: Props) {
  const t = useTranslations('audit')
  return (
    <div className="flex flex-wrap items-center gap-2">
      <When search={search} onChange={onChange} />
      <What search={search} onChange={onChange} />
      <Who search={search} onChange={onChange} />
      <Chosen search={search} onChange={onChange} />
      {isNarrowed(search) ? (
        <Button look="quiet" onClick={() => onChange(UNNARROWED)}>
          <X aria-hidden />
          {t('clear')}
        </Button>
      ) : null}
    </div>
  )
}

const PICKED = 'days'

function When({ search, onChange }: Props) {
  const t = useTranslations('audit.filters')
  const { range, from, to } = search
  const isPicked = from !== undefined || to !== undefined
  function choose(next: string) {
    const today = dayOf(new Date())
    if (next === PICKED) onChange({ range: undefined, from: today, to: today })
    else onChange({ range: RANGES.find((one) => one === next), from: undefined, to: undefined })
  }
  return (
    <>
      <SelectField
        isBare
        label={t('range')}
        value={isPicked ? PICKED : (range ?? '')}
        onChange={choose}
        options={[
          { value: '', label: t('ranges.any') },
          ...RANGES.map((value) => ({ value, label: t(`ranges.${value}`) })),
          { value: PICKED, label: t('ranges.days') },
        ]}
      />
      {isPicked
        ? (['from', 'to'] as const).map((end) => (
            <input
              key={end}
              type="date"
              aria-label={t(end)}
              value={search[end] ?? ''}
              min={end === 'to' ? from : undefined}
              max={end === 'from' ? to : undefined}
              onChange={(event) => onChange({ [end]: event.target.value || undefined })}
              className={cn(inputStyle, 'h-8 w-36 text-ui')}
            />
          ))
        : null}
    </>
  )
}

function What({ search, onChange }: Props) {
  const t = useTranslations('audit.filters')
  const areaName = useAreaName()
  const types = useQuery(eventTypesQuery(useOrg()))
  const all = types.data?.results ?? []
  const areas = areasOf(all)
  const actions = search.area ? (areas.find(({ area }) => area === search.area)?.types ?? []) : all
  // What the address asks for stays in sight, whatever the catalogue says.
  const names = actions.map(({ name }) => name)
  return (
    <>
      <SelectField
        isBare
        label={t('area')}
        value={search.area ?? ''}
        onChange={(area) => onChange({ area: area || undefined, action: undefined })}
        options={[
          { value: '', label: t('anyArea') },
          ...areas.map(({ area }) => ({ value: area, label: areaName(area) })),
          ...(search.area && !areas.some(({ area }) => area === search.area)
            ? [{ value: search.area, label: areaName(search.area) }]
            : []),
        ]}
      />
      <SelectField
        isBare
        label={t('action')}
        value={search.action ?? ''}
        onChange={(action) => onChange({ action: action || undefined })}
        options={[
          { value: '', label: t('anyAction') },
          ...[...names, ...(search.action && !names.includes(search.action) ? [search.action] : [])].map((value) => ({
            value,
            label: value,
          })),
        ]}
      />
    </>
  )
}

function Who({ search, onChange }: Props) {
  const t = useTranslations('audit')
  const org = useOrg()
  const members = useInfiniteQuery({
    ...membersQuery(org, '', ''),
    enabled: may(useAccount(), 'members:read'),
  })
  const people = members.data?.pages.flatMap((page) => page.results) ?? []
  const isMember = people.some(({ id }) => id === search.actor_id)
  // Somebody who is no member is named by what narrows, not by this choice.
  const value = search.actor_id ? (isMember ? `id ${search.actor_id}` : '') : `kind ${search.actor_kind ?? ''}`
  function choose(next: string) {
    const [by, chosen] = next.split(' ')
    onChange(
      by === 'id'
        ? { actor_kind: 'user', actor_id: chosen }
        : { actor_kind: ACTOR_KINDS.find((kind) => kind === chosen), actor_id: undefined },
    )
  }
  return (
    <SelectField
      isBare
      label={t('filters.actor')}
      value={value || 'kind '}
      onChange={choose}
      options={[
        { value: 'kind ', label: t('filters.anyActor') },
        ...ACTOR_KINDS.map((kind) => ({ value: `kind ${kind}`, label: t(`actors.${kind}`) })),
        ...people.map(({ id, name, email }) => ({ value: `id ${id}`, label: name || email })),
      ]}
    />
  )
}

const CHOSEN = ['actor_id', 'subject_kind', 'subject_id', 'request_id', 'ip'] as const

/** What was taken from an entry: it can only be taken away here. */
function Chosen({ search, onChange }: Props) {
  const t = useTranslations('audit.filters')
  return CHOSEN.map((name) =>
    search[name] ? (
      <Button key={name} onClick={() => onChange({ [name]: undefined })} className="max-w-full">
        <span className="text-muted">{t(`chosen.${name}`)}</span>
        <span className="max-w-40 truncate font-mono text-xs">{search[name]}</span>
        <X aria-hidden />
        <span className="sr-only">{t('drop')}</span>
      </Button>
    ) : null,
  )
}
