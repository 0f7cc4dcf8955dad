import { useQuery } from '@tanstack/react-query'
import { ChevronDown, Search, X } from 'lucide-react'
import { type RefObject, useEffect, useRef, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { Button, buttonStyle } from '@/components/button'
import { inputStyle } from '@/components/field'
import { MenuCheck, MenuPopup, MenuRadio, MenuRadios, MenuRoot, MenuTrigger } from '@/components/menu'
import { Segmented } from '@/components/segmented'
import { useOrg } from '@/hooks/use-account'
import { cn } from '@/lib/cn'
import { conditionsOf, isNarrowed, type MemoriesSearch, RANGES, UNNARROWED } from '../filters'
import { typeName } from '../headline'
import { facetsQuery } from '../queries'
import { FigureChips } from './figure-chips'

type Props = {
  search: MemoriesSearch
  onChange: (next: Partial<MemoriesSearch>, replace?: boolean) => void
  findBox: RefObject<HTMLInputElement | null>
}

export function FilterBar({ search, onChange, findBox }: Props) {
  const t = useTranslations('memories')
  const state = search.state ?? 'live'
  return (
    <div className="flex flex-wrap items-center gap-2">
      <FindBox q={search.q ?? ''} onFind={(q) => onChange({ q: q || undefined }, true)} box={findBox} />
      <FacetMenu facet="type" search={search} onChange={onChange} />
      <FacetMenu facet="source" search={search} onChange={onChange} />
      <TimeMenu search={search} onChange={onChange} />
      <FigureChips search={search} onChange={onChange} />
      {isNarrowed(search) ? (
        <Button look="quiet" onClick={() => onChange(UNNARROWED)}>
          <X aria-hidden />
          {t('clear')}
        </Button>
      ) : null}
      <div className="sm:ml-auto">
        <Segmented
          label={t('state')}
          value={state}
          options={[
            { value: 'live', label: t('live') },
            { value: 'trash', label: t('trash') },
          ]}
          onChange={(next) => onChange({ state: next === 'trash' ? 'trash' : undefined })}
        />
      </div>
    </div>
  )
}

// How long one stops typing before the server is asked.
const PAUSE_MS = 250

function FindBox({
  q,
  onFind,
  box,
}: {
  q: string
  onFind: (q: string) => void
  box: RefObject<HTMLInputElement | null>
}) {
  const t = useTranslations('memories')
  const [text, setText] = useState(q)
  const [sent, setSent] = useState(q)
  const pause = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(pause.current), [])
  // The address has changed by other means than this box: Back, a link, "Clear".
  if (q !== sent) {
    setSent(q)
    setText(q)
  }
  function type(next: string) {
    setText(next)
    clearTimeout(pause.current)
    pause.current = setTimeout(() => {
      setSent(next.trim())
      onFind(next.trim())
    }, PAUSE_MS)
  }
  return (
    <div className="relative w-full sm:w-64">
      <Search className="pointer-events-none absolute top-2 left-2.5 size-4 text-subtle" aria-hidden />
      <input
        ref={box}
        type="search"
        aria-label={t('find')}
        placeholder={t('find')}
        maxLength={200}
        value={text}
        onChange={(event) => type(event.target.value)}
        className={cn(inputStyle, 'h-8 pl-8! text-ui')}
      />
    </div>
  )
}

function FacetMenu({ facet, search, onChange }: Pick<Props, 'search' | 'onChange'> & { facet: 'type' | 'source' }) {
  const t = useTranslations('memories')
  const { number } = useFormatter()
  const org = useOrg()
  // Counted without this facet's own choice: else every other value would show 0.
  const facets = useQuery(facetsQuery(org, search.state ?? 'live', conditionsOf({ ...search, [facet]: undefined })))
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

function TimeMenu({ search, onChange }: Pick<Props, 'search' | 'onChange'>) {
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
