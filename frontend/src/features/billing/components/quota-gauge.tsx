import { useTranslations } from 'use-intl'
import { cn } from '@/lib/cn'
import { type GaugePart, gaugeOf } from '../gauge'
import type { Quota } from '../types'

const LOOKS: Record<GaugePart['kind'], string> = {
  used: 'bg-accent',
  projected: 'bg-accent/30',
  over: 'bg-[repeating-linear-gradient(135deg,var(--danger)_0_3px,var(--danger-soft)_3px_6px)]',
  projectedOver:
    'bg-[repeating-linear-gradient(135deg,color-mix(in_oklch,var(--danger)_45%,transparent)_0_3px,transparent_3px_6px)]',
}

type Props = {
  quota: Pick<Quota, 'used' | 'limit' | 'projected'>
  /** Nothing more is possible. */
  isFull: boolean
  label: string
  text: string
}

/** Now, projected and limit on one bar; what lies above the limit is striped. */
export function GaugeBar({ quota, isFull, label, text }: Props) {
  const gauge = gaugeOf(quota)
  if (!gauge || quota.limit === null) return null
  return (
    // biome-ignore lint/a11y/useSemanticElements: browsers draw their own bar in theirs, with one part
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={Math.max(quota.limit, quota.used)}
      aria-valuenow={Math.max(0, quota.used)}
      aria-valuetext={text}
      className="relative h-2"
    >
      <div className="absolute inset-0 overflow-hidden rounded-full bg-sunken">
        {gauge.parts.map(({ kind, from, to }) => (
          <div
            key={kind}
            data-part={kind}
            className={cn('absolute inset-y-0', LOOKS[kind], kind === 'used' && isFull && 'bg-danger')}
            style={{ left: `${from * 100}%`, width: `${(to - from) * 100}%` }}
          />
        ))}
      </div>
      {gauge.limitAt < 1 ? (
        <div
          aria-hidden
          className="absolute -inset-y-1 w-0.5 -translate-x-1/2 bg-fg"
          style={{ left: `${gauge.limitAt * 100}%` }}
        />
      ) : null}
    </div>
  )
}

/** What the parts of the bars mean. */
export function GaugeLegend() {
  const t = useTranslations('billing.quotas')
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted">
      {(['used', 'projected', 'over'] as const).map((kind) => (
        <li key={kind} className="flex items-center gap-1.5">
          <span aria-hidden className={cn('h-2 w-4 rounded-full', LOOKS[kind])} />
          {t(`legend.${kind}`)}
        </li>
      ))}
    </ul>
  )
}
