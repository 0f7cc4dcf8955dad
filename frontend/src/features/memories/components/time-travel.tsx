import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { Segmented } from '@/components/segmented'
import { useOrg } from '@/hooks/use-account'
import type { MemoriesSearch } from '../filters'
import { memoriesQuery } from '../queries'

// How long one rests before the server is asked.
const PAUSE_MS = 250
const STEPS = 1000

type Props = { search: MemoriesSearch; onChange: (next: Partial<MemoriesSearch>, replace?: boolean) => void }

/** Goes back in time on one of two clocks: what was known then, or what held then. Its right end is now. */
export default function TimeTravel({ search, onChange }: Props) {
  const t = useTranslations('memories.past')
  const { dateTime } = useFormatter()
  const org = useOrg()
  const clock = search.clock ?? 'known'
  const [opened] = useState(() => Date.now())
  const column = clock === 'known' ? 'recorded_at' : 'occurred_at'
  const oldest = useQuery(memoriesQuery(org, { ordering: column, limit: 1 }))
  const first = Date.parse(oldest.data?.results[0]?.[column] ?? '')
  const [dragged, setDragged] = useState<number | null>(null)
  const pause = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(pause.current), [])
  const asked = search.at ? Date.parse(search.at) : opened
  const from = Number.isNaN(first) ? asked : Math.min(first, asked)
  const step = (opened - from) / STEPS || 1
  const place = dragged ?? Math.round((asked - from) / step)
  const shown = dragged === null ? asked : from + dragged * step

  function go(next: number) {
    setDragged(next)
    clearTimeout(pause.current)
    pause.current = setTimeout(() => {
      setDragged(null)
      const at = next >= STEPS ? undefined : new Date(from + next * step).toISOString()
      onChange({ at, past: 'yes', state: undefined }, true)
    }, PAUSE_MS)
  }
  const when = dateTime(new Date(shown), { dateStyle: 'medium', timeStyle: 'short' })
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border bg-accent-soft px-3 py-1.5 text-ui">
      <Segmented
        label={t('clock')}
        value={clock}
        options={[
          { value: 'known', label: t('known') },
          { value: 'held', label: t('held') },
        ]}
        onChange={(next) => onChange({ clock: next === 'held' ? 'held' : undefined }, true)}
      />
      <input
        type="range"
        min={0}
        max={STEPS}
        value={Math.max(0, Math.min(STEPS, place))}
        aria-label={t('moment')}
        aria-valuetext={search.at || dragged !== null ? when : t('now')}
        onChange={(event) => go(Number(event.target.value))}
        className="min-w-40 flex-1 accent-accent max-sm:order-1"
      />
      <output className="tabular-nums max-sm:order-1">{search.at || dragged !== null ? when : t('now')}</output>
      <Button
        look="quiet"
        size="icon"
        // On phones beside the clocks, not in a line of its own.
        className="max-sm:ml-auto"
        aria-label={t('close')}
        onClick={() => onChange({ past: undefined, at: undefined, clock: undefined }, true)}
      >
        <X aria-hidden />
      </Button>
      <p className="order-1 w-full text-xs text-muted">{t(clock === 'known' ? 'knownText' : 'heldText')}</p>
    </div>
  )
}
