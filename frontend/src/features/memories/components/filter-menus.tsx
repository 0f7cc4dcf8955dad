import { useQuery } from '@tanstack/react-query'
import { ChevronDown } from 'lucide-react'
import { useFormatter, useTranslations } from 'use-intl'
import { buttonStyle } from '@/components/button'
import { MenuCheck, MenuPopup, MenuRadio, MenuRadios, MenuRoot, MenuTrigger } from '@/components/menu'
import { useOrg } from '@/hooks/use-account'
import { cn } from '@/lib/cn'
import { conditionsOf, type MemoriesSearch, momentOf, RANGES } from '../filters'
import { typeName } from '../headline'
import { facetsQuery } from '../queries'

type Props = { search: MemoriesSearch; onChange: (next: Partial<MemoriesSearch>) => void }

/** The filters that are chosen from menus; they come after the list. */
export default function FilterMenus(props: Props) {
  return (
    <>
      <FacetMenu facet="type" {...props} />
      <FacetMenu facet="source" {...props} />
      <TimeMenu {...props} />
    </>
  )
}

function FacetMenu({ facet, search, onChange }: Props & { facet: 'type' | 'source' }) {
  const t = useTranslations('memories')
  const { number } = useFormatter()
  const org = useOrg()
  // Counted without this facet's own choice: else every other value would show 0.
  const facets = useQuery(
    facetsQuery(org, search.state ?? 'live', {
      ...conditionsOf({ ...search, [facet]: undefined }),
      ...momentOf(search),
    }),
  )
  const counted = facets.data?.[facet === 'type' ? 'memory_type' : 'source'].values ?? []
  const chosen = search[facet] ?? []
  const values = counted.flatMap(({ value, count }) => (typeof value === 'string' && value ? [{ value, count }] : []))
  const missing = chosen
    .filter((one) => !values.some(({ value }) => value === one))
    .map((value) => ({ value, count: 0 }))
  function toggle(value: string, isChecked: boolean) {
    const next = isChecked ? [...chosen, value] : chosen.filter((one) => one !== value)
    onChange({ [facet]: next.length > 0 ? next : undefined })
  }
  return (
    <MenuRoot>
      <MenuTrigger className={cn(buttonStyle(), chosen.length > 0 && 'border-accent bg-accent-soft text-accent-text')}>
        {t(`facets.${facet}`)}
        {chosen.length > 0 ? <span className="tabular-nums">{number(chosen.length)}</span> : null}
        <ChevronDown aria-hidden />
      </MenuTrigger>
      <MenuPopup className="w-60">
        {[...values, ...missing].map(({ value, count }) => (
          <MenuCheck key={value} isChecked={chosen.includes(value)} onChange={(isChecked) => toggle(value, isChecked)}>
            <span className="min-w-0 flex-1 truncate">{facet === 'type' ? typeName(value) : value}</span>
            <span className="text-xs text-subtle tabular-nums">{number(count)}</span>
          </MenuCheck>
        ))}
        {values.length + missing.length === 0 ? (
          <p className="px-2 py-1.5 text-ui text-muted">{facets.isError ? t('facets.failed') : t('facets.none')}</p>
        ) : null}
      </MenuPopup>
    </MenuRoot>
  )
}

function TimeMenu({ search, onChange }: Props) {
  const t = useTranslations('memories')
  const { dateTimeRange } = useFormatter()
  const { range, from, to } = search
  const custom =
    from && to
      ? dateTimeRange(new Date(from), new Date(Date.parse(to) - 1), { dateStyle: 'medium' })
      : from || to
        ? t('time.partly')
        : null
  const known = RANGES.find((one) => one === range)
  const label = known ? t(`time.${known}`) : (range ?? custom ?? t('time.any'))
  return (
    <MenuRoot>
      <MenuTrigger className={cn(buttonStyle(), (range || custom) && 'border-accent bg-accent-soft text-accent-text')}>
        <span className="sr-only">{t('time.label')}</span>
        {label}
        <ChevronDown aria-hidden />
      </MenuTrigger>
      <MenuPopup>
        <MenuRadios
          value={range ?? (custom ? 'custom' : '')}
          onValueChange={(next: string) => onChange({ range: next || undefined, from: undefined, to: undefined })}
        >
          <MenuRadio value="">{t('time.any')}</MenuRadio>
          {RANGES.map((one) => (
            <MenuRadio key={one} value={one}>
              {t(`time.${one}`)}
            </MenuRadio>
          ))}
        </MenuRadios>
      </MenuPopup>
    </MenuRoot>
  )
}
