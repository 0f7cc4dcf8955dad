import { useQuery } from '@tanstack/react-query'
import { ChevronDown, Columns2 } from 'lucide-react'
import { useFormatter, useTranslations } from 'use-intl'
import { buttonStyle } from '@/components/button'
import { MenuCheck, MenuPopup, MenuRadio, MenuRadios, MenuRoot, MenuTrigger } from '@/components/menu'
import { facetsQuery, typeName } from '@/features/memories'
import { useOrg } from '@/hooks/use-account'
import { cn } from '@/lib/cn'
import { RANGES, SEARCH_TYPES, type SearchSearch, type SearchType, THRESHOLDS } from '../filters'

type Props = { search: SearchSearch; by: SearchType; onChange: (next: Partial<SearchSearch>) => void }

const chosen = 'border-accent bg-accent-soft text-accent-text'

/** Among what is searched, and beside which other way: chosen from menus, which come after the page. */
export default function ChoiceMenus({ search, by, onChange }: Props) {
  const t = useTranslations('search')
  const { number } = useFormatter()
  return (
    <>
      <TypeMenu search={search} onChange={onChange} />
      <MenuRoot>
        <MenuTrigger className={cn(buttonStyle(), search.range && chosen)}>
          <span className="sr-only">{t('time.label')}</span>
          {t(`time.${search.range ?? 'any'}`)}
          <ChevronDown aria-hidden />
        </MenuTrigger>
        <MenuPopup>
          <MenuRadios
            value={search.range ?? ''}
            onValueChange={(next: string) => onChange({ range: (next || undefined) as SearchSearch['range'] })}
          >
            <MenuRadio value="">{t('time.any')}</MenuRadio>
            {RANGES.map((range) => (
              <MenuRadio key={range} value={range}>
                {t(`time.${range}`)}
              </MenuRadio>
            ))}
          </MenuRadios>
        </MenuPopup>
      </MenuRoot>
      <MenuRoot>
        <MenuTrigger className={cn(buttonStyle(), search.min && chosen)}>
          {search.min ? t('least.from', { score: number(Number(search.min)) }) : t('least.any')}
          <ChevronDown aria-hidden />
        </MenuTrigger>
        <MenuPopup>
          <MenuRadios
            value={search.min ?? ''}
            onValueChange={(next: string) => onChange({ min: (next || undefined) as SearchSearch['min'] })}
          >
            <MenuRadio value="">{t('least.any')}</MenuRadio>
            {THRESHOLDS.map((score) => (
              <MenuRadio key={score} value={score}>
                {t('least.from', { score: number(Number(score)) })}
              </MenuRadio>
            ))}
          </MenuRadios>
        </MenuPopup>
      </MenuRoot>
      <MenuRoot>
        <MenuTrigger className={cn(buttonStyle(), search.archive && chosen)}>
          {t(`archive.${search.archive ?? 'without'}`)}
          <ChevronDown aria-hidden />
        </MenuTrigger>
        <MenuPopup>
          <MenuRadios
            value={search.archive ?? ''}
            onValueChange={(next: string) => onChange({ archive: (next || undefined) as SearchSearch['archive'] })}
          >
            <MenuRadio value="">{t('archive.without')}</MenuRadio>
            <MenuRadio value="with">{t('archive.with')}</MenuRadio>
          </MenuRadios>
        </MenuPopup>
      </MenuRoot>
      <MenuRoot>
        <MenuTrigger className={cn(buttonStyle(), search.compare && chosen)}>
          <Columns2 aria-hidden />
          {t('compare')}
          <ChevronDown aria-hidden />
        </MenuTrigger>
        <MenuPopup>
          <MenuRadios
            value={search.compare ?? ''}
            onValueChange={(next: string) => onChange({ compare: (next || undefined) as SearchSearch['compare'] })}
          >
            <MenuRadio value="">{t('noCompare')}</MenuRadio>
            {SEARCH_TYPES.filter((one) => one !== by).map((one) => (
              <MenuRadio key={one} value={one}>
                {t(`by.${one}`)}
              </MenuRadio>
            ))}
          </MenuRadios>
        </MenuPopup>
      </MenuRoot>
    </>
  )
}

function TypeMenu({ search, onChange }: Omit<Props, 'by'>) {
  const t = useTranslations('search')
  const { number } = useFormatter()
  const org = useOrg()
  const facets = useQuery(facetsQuery(org, 'live', {}))
  const values = facets.data?.memory_type.values ?? []
  const types = search.type ?? []
  function toggle(value: string, isChecked: boolean) {
    const next = isChecked ? [...types, value] : types.filter((one) => one !== value)
    onChange({ type: next.length > 0 ? next : undefined })
  }
  return (
    <MenuRoot>
      <MenuTrigger className={cn(buttonStyle(), types.length > 0 && chosen)}>
        {t('types')}
        {types.length > 0 ? <span className="tabular-nums">{number(types.length)}</span> : null}
        <ChevronDown aria-hidden />
      </MenuTrigger>
      <MenuPopup className="w-56">
        {values.map(({ value, count }) =>
          typeof value === 'string' ? (
            <MenuCheck key={value} isChecked={types.includes(value)} onChange={(isChecked) => toggle(value, isChecked)}>
              <span className="min-w-0 flex-1 truncate">{typeName(value)}</span>
              <span className="text-xs text-subtle tabular-nums">{number(count)}</span>
            </MenuCheck>
          ) : null,
        )}
        {values.length === 0 ? <p className="px-2 py-1.5 text-ui text-muted">{t('noTypes')}</p> : null}
      </MenuPopup>
    </MenuRoot>
  )
}
