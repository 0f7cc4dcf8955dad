import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { fullness, nearest, quotasQuery } from '@/features/billing'
import { useOrg } from '@/hooks/use-account'
import { useMeterName } from '@/hooks/use-meter-name'
import { useUnits } from '@/hooks/use-units'
import { cn } from '@/lib/cn'

/** The quota that is nearest to its limit, at the foot of the navigation; nothing while there is none, or no answer. */
export default function QuotaMeter() {
  const t = useTranslations('billing.meter')
  const { amount } = useUnits()
  const meterName = useMeterName()
  const org = useOrg()
  const quotas = useQuery(quotasQuery(org))
  const quota = quotas.data && nearest(quotas.data.results)
  if (!quota || quota.limit === null) return null
  const name = meterName(quota.meter, quota.name)
  const text = t('of', { used: amount(Math.max(0, quota.used), quota.unit), limit: amount(quota.limit, quota.unit) })
  return (
    <section aria-label={t('title')}>
      <Link
        to="/$org/settings/usage"
        params={{ org }}
        search={{}}
        aria-label={t('label', { name, text })}
        className="grid gap-1.5 rounded-md px-2 py-2 text-xs text-muted hover:bg-sunken hover:text-fg"
      >
        <span className="flex justify-between gap-2">
          <span className="truncate">{name}</span>
          <span className="whitespace-nowrap tabular-nums">{text}</span>
        </span>
        <span aria-hidden className="block h-1 overflow-hidden rounded-full bg-line">
          <span
            className={cn(
              'block h-full origin-left',
              quota.state === 'ok' || quota.enforcement === 'soft' ? 'bg-accent' : 'bg-danger',
            )}
            style={{ transform: `scaleX(${Math.min(1, fullness(quota))})` }}
          />
        </span>
      </Link>
    </section>
  )
}
