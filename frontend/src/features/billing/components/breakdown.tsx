import { Link } from '@tanstack/react-router'
import { useFormatter, useTranslations } from 'use-intl'
import { PlainTable } from '@/components/plain-table'
import { useOrg } from '@/hooks/use-account'
import { useMeterName } from '@/hooks/use-meter-name'
import { useUnits } from '@/hooks/use-units'
import { asMeter, type Group, type LedgerSearch, PLATFORM } from '../filters'
import type { Usage, UsageRow } from '../types'

type Props = { usage: Usage; group: Group; currency: string }

/** Use by what it is grouped by; each row leads to what the ledger holds of it. */
export function Breakdown({ usage, group, currency }: Props) {
  const t = useTranslations('billing.usage')
  const { dateTime, number } = useFormatter()
  const { amount, sum } = useUnits()
  const meterName = useMeterName()
  const org = useOrg()
  const totals = new Map(usage.totals.map((total) => [total.meter, total]))
  const hasCosts = usage.totals.some(({ cost_cents }) => cost_cents)
  const nameOf = ({ meter }: UsageRow) => meterName(meter, totals.get(meter)?.name)
  function labelOf(row: UsageRow) {
    switch (group) {
      case 'day':
        return dateTime(new Date(row.key), { dateStyle: 'medium', timeZone: 'UTC' })
      case 'meter':
        return nameOf(row)
      case 'module':
        return row.key === '' ? t('platform') : row.label || row.key
      case 'member':
        return row.key === '' ? t('nobody') : row.label || row.key
      default:
        return row.label || row.key || t('unnamed')
    }
  }
  return (
    <PlainTable
      label={t(`by.${group}`)}
      rows={usage.results}
      idOf={(row) => `${row.key} ${row.meter}`}
      columns={[
        {
          id: 'label',
          header: t(`columns.${group}`),
          cell: (row) => (
            <Link
              to="/$org/settings/usage/ledger"
              params={{ org }}
              search={ledgerOf(row, group, usage)}
              className="font-medium break-all underline-offset-2 hover:underline"
            >
              {labelOf(row)}
              <span className="sr-only">: {t('openLedger')}</span>
            </Link>
          ),
        },
        ...(group === 'meter'
          ? []
          : [{ id: 'meter', header: t('meter'), className: 'text-muted max-sm:flex-1', cell: nameOf }]),
        {
          id: 'quantity',
          header: t('quantity'),
          className: 'text-right tabular-nums',
          cell: (row) => (
            <Share row={row} total={totals.get(row.meter)?.quantity ?? 0}>
              {amount(row.quantity, totals.get(row.meter)?.unit ?? '')}
            </Share>
          ),
        },
        {
          id: 'events',
          header: t('events'),
          className: 'text-right tabular-nums text-muted max-md:hidden',
          cell: (row) => number(row.events),
        },
        ...(hasCosts
          ? [
              {
                id: 'cost',
                header: t('cost'),
                className: 'text-right tabular-nums max-sm:hidden',
                cell: (row: UsageRow) => (row.cost_cents === null ? '–' : sum(row.cost_cents, currency)),
              },
            ]
          : []),
      ]}
    />
  )
}

/** A figure with the share that it has of its meter. */
function Share({ row, total, children }: { row: UsageRow; total: number; children: string }) {
  const share = total > 0 && row.quantity > 0 ? Math.min(1, row.quantity / total) : 0
  return (
    <span className="flex items-center justify-end gap-2.5">
      <span>{children}</span>
      <span aria-hidden className="h-1.5 w-16 overflow-hidden rounded-full bg-sunken max-sm:hidden">
        <span className="block h-full origin-left bg-series-1" style={{ transform: `scaleX(${share})` }} />
      </span>
    </span>
  )
}

const DAY_MS = 24 * 3600 * 1000

function ledgerOf(row: UsageRow, group: Group, { from, to }: Usage): LedgerSearch {
  const search: LedgerSearch = { from, to, meter: asMeter(row.meter) }
  if (group === 'day') return { ...search, from: row.key, to: new Date(Date.parse(row.key) + DAY_MS).toISOString() }
  if (group === 'module') return { ...search, module: row.key || PLATFORM }
  if (group === 'operation' && row.key) return { ...search, operation: row.key }
  if (group === 'member' && row.key) return { ...search, user_id: row.key }
  return search
}
