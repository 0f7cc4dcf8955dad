import { History, Search, X } from 'lucide-react'
import { type RefObject, Suspense, useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { inputStyle } from '@/components/field'
import { Segmented } from '@/components/segmented'
import { Skeleton } from '@/components/states'
import { cn } from '@/lib/cn'
import { lazyPart } from '@/lib/lazy-part'
import { isNarrowed, type MemoriesSearch, UNNARROWED } from '../filters'
import { FigureChips } from './figure-chips'

const TimeTravel = lazyPart(() => import('./time-travel'))
const FilterMenus = lazyPart(() => import('./filter-menus'))

type Props = {
  search: MemoriesSearch
  onChange: (next: Partial<MemoriesSearch>, replace?: boolean) => void
  findBox: RefObject<HTMLInputElement | null>
}

const PRESENT = { past: undefined, at: undefined, clock: undefined } satisfies Partial<MemoriesSearch>

export function FilterBar({ search, onChange, findBox }: Props) {
  const t = useTranslations('memories')
  const state = search.state ?? 'live'
  const isPast = Boolean(search.past || search.at)
  return (
    <div className="flex flex-wrap items-center gap-2">
      <FindBox q={search.q ?? ''} onFind={(q) => onChange({ q: q || undefined }, true)} box={findBox} />
      <Suspense fallback={<Skeleton className="h-8 w-64" />}>
        <FilterMenus search={search} onChange={onChange} />
      </Suspense>
      <FigureChips search={search} onChange={onChange} />
      {isNarrowed(search) ? (
        <Button look="quiet" onClick={() => onChange(UNNARROWED)}>
          <X aria-hidden />
          {t('clear')}
        </Button>
      ) : null}
      <div className="flex flex-wrap items-center gap-2 sm:ml-auto">
        <Button
          look="quiet"
          aria-pressed={isPast}
          onClick={() => onChange(isPast ? PRESENT : { past: 'yes', state: undefined })}
        >
          <History aria-hidden />
          {t('past.open')}
        </Button>
        <Segmented
          label={t('state')}
          value={state}
          options={[
            { value: 'live', label: t('live') },
            { value: 'superseded', label: t('superseded') },
            { value: 'expired', label: t('expired') },
            { value: 'archived', label: t('archived') },
            { value: 'trash', label: t('trash') },
          ]}
          // Only what is in use has a past.
          onChange={(next) => onChange({ ...PRESENT, state: next === 'live' ? undefined : next })}
        />
      </div>
      {isPast ? (
        <div className="w-full">
          <Suspense fallback={<Skeleton className="h-12" />}>
            <TimeTravel search={search} onChange={onChange} />
          </Suspense>
        </div>
      ) : null}
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
