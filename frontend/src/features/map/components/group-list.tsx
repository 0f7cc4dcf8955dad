import { useFormatter, useTranslations } from 'use-intl'
import { ScrollRegion } from '@/components/scroll-region'
import { cn } from '@/lib/cn'
import { type MemoryMap, NO_CLUSTER, slotOf } from '../queries'

/** The groups with their colours and sizes: legend, filter, and the map for who cannot see it. */
export function GroupList({ map, onChoose }: { map: MemoryMap; onChoose: (cluster: number) => void }) {
  const t = useTranslations('map')
  const { number } = useFormatter()
  const alone = map.cluster.filter((cluster) => cluster === NO_CLUSTER).length
  const groups = [...map.clusters, ...(alone > 0 ? [{ id: NO_CLUSTER, label: t('none'), size: alone }] : [])]
  return (
    <ScrollRegion label={t('groups')} className="min-h-0 flex-1 overflow-y-auto p-2">
      <ul aria-label={t('groups')} className="grid grid-cols-[minmax(0,1fr)] gap-0.5 text-ui">
        {groups.map(({ id, label, size }) => (
          <li key={id}>
            <button
              type="button"
              data-group={id}
              onClick={() => onChoose(id)}
              className="flex min-h-8 w-full items-center gap-2.5 rounded-md px-2 text-left hover:bg-sunken focus-visible:-outline-offset-2"
            >
              <span aria-hidden className={cn('size-2.5 shrink-0 rounded-[3px]', slotOf(id).dot)} />
              <span className="min-w-0 flex-1 truncate">{label}</span>
              <span className="text-muted tabular-nums">
                {number(size)}
                <span className="sr-only"> {t('memories')}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </ScrollRegion>
  )
}
