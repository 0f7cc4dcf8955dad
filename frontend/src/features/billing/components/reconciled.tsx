import { useQuery } from '@tanstack/react-query'
import { CircleCheck, TriangleAlert } from 'lucide-react'
import { useFormatter, useTranslations } from 'use-intl'
import { Ago } from '@/components/ago'
import { Loaded } from '@/components/loaded'
import { PlainTable } from '@/components/plain-table'
import { Skeleton } from '@/components/states'
import { useOrg } from '@/hooks/use-account'
import { useMeterName } from '@/hooks/use-meter-name'
import { cn } from '@/lib/cn'
import { reconciliationQuery } from '../queries'
import type { Reconciliation } from '../types'

/** What we counted beside what was reported for the invoice: the two are compared every hour. */
export function Reconciled() {
  const t = useTranslations('billing.reconciled')
  const { number, dateTimeRange } = useFormatter()
  const meterName = useMeterName()
  const rows = useQuery(reconciliationQuery(useOrg()))
  const figure = 'text-right tabular-nums max-sm:flex-1 max-sm:text-left'
  const small = (name: string) => <span className="block text-xs text-muted sm:hidden">{name}</span>
  return (
    <section aria-labelledby="reconciled" className="overflow-hidden rounded-lg border bg-surface">
      <header className="border-b px-4 py-3">
        <h2 id="reconciled" className="text-ui font-semibold">
          {t('title')}
        </h2>
        <p className="text-xs text-muted">{t('note')}</p>
      </header>
      <Loaded query={rows} skeleton={<Skeleton className="m-4 h-16" />}>
        {({ results }) =>
          results.length === 0 ? (
            <p className="px-4 py-4 text-ui text-muted">{t('none')}</p>
          ) : (
            <PlainTable
              label={t('title')}
              rows={results}
              idOf={(row) => `${row.meter} ${row.period_start}`}
              columns={[
                {
                  id: 'meter',
                  header: t('meter'),
                  cell: (row: Reconciliation) => (
                    <>
                      <span className="font-medium">{meterName(row.meter, row.name)}</span>
                      <span className="block text-xs text-muted">
                        {dateTimeRange(new Date(row.period_start), new Date(Date.parse(row.period_end) - 1), {
                          dateStyle: 'medium',
                          timeZone: 'UTC',
                        })}
                      </span>
                    </>
                  ),
                },
                {
                  id: 'counted',
                  header: t('counted'),
                  className: figure,
                  cell: (row) => (
                    <>
                      {small(t('counted'))}
                      {number(row.ledger)}
                    </>
                  ),
                },
                {
                  id: 'reported',
                  header: t('reported'),
                  className: figure,
                  cell: (row) => (
                    <>
                      {small(t('reported'))}
                      {number(row.stripe ?? row.reported ?? 0)}
                    </>
                  ),
                },
                {
                  id: 'difference',
                  header: t('difference'),
                  className: figure,
                  cell: (row) => (
                    <>
                      {small(t('difference'))}
                      <Difference value={row.difference} />
                    </>
                  ),
                },
                {
                  id: 'checked',
                  header: t('checked'),
                  className: 'w-36 text-muted max-md:hidden',
                  cell: (row) => <Ago at={row.checked_at} />,
                },
              ]}
            />
          )
        }
      </Loaded>
    </section>
  )
}

function Difference({ value }: { value: number }) {
  const t = useTranslations('billing.reconciled')
  const { number } = useFormatter()
  const Icon = value === 0 ? CircleCheck : TriangleAlert
  return (
    <span className={cn('inline-flex items-center gap-1.5 font-medium', value === 0 ? 'text-good' : 'text-danger')}>
      <Icon className="size-4" aria-hidden />
      {value === 0 ? t('zero') : number(value, { signDisplay: 'always' })}
    </span>
  )
}
