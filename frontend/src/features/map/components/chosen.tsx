import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ArrowLeft, Layers } from 'lucide-react'
import { useCallback, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button, buttonStyle } from '@/components/button'
import { ScrollRegion } from '@/components/scroll-region'
import { insightsQuery } from '@/features/insights'
import { MemoryLinks } from '@/features/memories'
import { useOrg } from '@/hooks/use-account'

const STEP = 10

type Props = {
  title: string
  ids: string[]
  /** The group's number, if a whole group is meant: then its typical memories come first. */
  cluster?: number | undefined
  /** It was chosen on this page, so whoever did reads on here. */
  takesFocus: boolean
  onBack: () => void
}

/** The memories of what was chosen on the map. */
export function Chosen({ title, ids, cluster, takesFocus, onBack }: Props) {
  const t = useTranslations('map')
  const org = useOrg()
  const insights = useQuery({ ...insightsQuery(org, undefined), enabled: cluster !== undefined })
  const group = insights.data?.semantic_clusters.find(({ id }) => id === cluster)
  const typical = group?.exemplar_ids.filter((id) => ids.includes(id)) ?? []
  const others = ids.filter((id) => !typical.includes(id))
  const [shown, setShown] = useState(STEP)
  const focus = useCallback(
    (button: HTMLElement | null) => (takesFocus ? button?.focus({ preventScroll: true }) : undefined),
    [takesFocus],
  )
  return (
    <>
      <div className="border-b p-2">
        <Button look="quiet" size="small" ref={focus} onClick={onBack}>
          <ArrowLeft aria-hidden />
          {t('back')}
        </Button>
      </div>
      <ScrollRegion label={title} className="grid min-h-0 flex-1 content-start gap-3 overflow-y-auto p-3 text-ui">
        <div>
          <h2 className="text-sm font-semibold break-words">{title}</h2>
          <p className="text-muted">{t('count', { count: ids.length })}</p>
          {group && group.terms.length > 0 ? (
            <p className="mt-1 text-xs text-muted">{t('terms', { terms: group.terms.join(', ') })}</p>
          ) : null}
          {group ? (
            <Link
              to="/$org/memories"
              params={{ org }}
              search={{ cluster: group.id }}
              className={`${buttonStyle({ size: 'small' })} mt-2`}
            >
              <Layers aria-hidden />
              {t('inList')}
            </Link>
          ) : null}
        </div>
        {typical.length > 0 ? (
          <section>
            <h3 className="px-2 font-medium">{t('typical')}</h3>
            <MemoryLinks ids={typical} />
          </section>
        ) : null}
        {others.length > 0 ? (
          <section className="grid gap-1">
            {typical.length > 0 ? <h3 className="px-2 font-medium">{t('others')}</h3> : null}
            <MemoryLinks ids={others.slice(0, shown)} />
            {others.length > shown ? (
              <p className="px-2">
                <Button size="small" onClick={() => setShown(shown + STEP)}>
                  {t('more', { count: Math.min(STEP, others.length - shown) })}
                </Button>
              </p>
            ) : null}
          </section>
        ) : null}
      </ScrollRegion>
    </>
  )
}
