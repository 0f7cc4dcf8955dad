import { ArrowDown, ArrowUp, ChevronsUpDown } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { cn } from '@/lib/cn'
import { Checkbox } from './checkbox'
import { Skeleton } from './states'

export type Column<Row> = {
  id: string
  header: string
  cell: (row: Row) => ReactNode
  isSortable?: boolean
  className?: string
}

type Props<Row> = {
  label: string
  columns: Column<Row>[]
  /** Undefined while there is nothing to show yet. */
  rows: Row[] | undefined
  idOf: (row: Row) => string
  nameOf: (row: Row) => string
  /** The column that the server sorts by; a minus in front means downwards. */
  ordering: string
  onOrder: (ordering: string) => void
  selected: ReadonlySet<string>
  onSelect: (selected: Set<string>) => void
  onOpen: (row: Row) => void
  openId?: string | undefined
  /** What is shown is not yet what was asked for. */
  isStale?: boolean
}

const SKELETON_ROWS = 8

/** A table whose pages, order and filters are the server's; it selects and opens rows. */
export function DataTable<Row>(props: Props<Row>) {
  const { label, columns, rows, idOf, selected, onSelect, isStale = false } = props
  const t = useTranslations('table')
  const ids = rows?.map(idOf) ?? []
  const count = ids.filter((id) => selected.has(id)).length
  const selectAll = (isChecked: boolean) => {
    const next = new Set(selected)
    for (const id of ids) isChecked ? next.add(id) : next.delete(id)
    onSelect(next)
  }
  return (
    <table
      aria-label={label}
      aria-busy={isStale || rows === undefined}
      className="w-full table-fixed text-left text-ui"
    >
      <thead className="sticky top-0 z-10 bg-surface text-xs text-muted shadow-[inset_0_-1px_0_var(--line)]">
        <tr>
          <th scope="col" className="h-9 w-10 pl-3 font-medium">
            <Checkbox
              label={t('selectAll')}
              isChecked={ids.length > 0 && count === ids.length}
              isPartly={count > 0 && count < ids.length}
              onChange={selectAll}
            />
          </th>
          {columns.map((column) => (
            <ColumnHead key={column.id} column={column} ordering={props.ordering} onOrder={props.onOrder} />
          ))}
        </tr>
      </thead>
      <tbody className={cn('transition-opacity', isStale && 'opacity-60')}>
        {rows ? (
          rows.map((row) => <BodyRow key={idOf(row)} row={row} {...props} />)
        ) : (
          <SkeletonRows columns={columns} />
        )}
      </tbody>
    </table>
  )
}

type HeadProps<Row> = { column: Column<Row>; ordering: string; onOrder: (ordering: string) => void }

function ColumnHead<Row>({ column, ordering, onOrder }: HeadProps<Row>) {
  const isDown = ordering === `-${column.id}`
  const isUp = ordering === column.id
  const Icon = isDown ? ArrowDown : isUp ? ArrowUp : ChevronsUpDown
  return (
    <th
      scope="col"
      aria-sort={isDown ? 'descending' : isUp ? 'ascending' : undefined}
      className={cn('h-9 px-3 font-medium', column.className)}
    >
      {column.isSortable ? (
        <button
          type="button"
          onClick={() => onOrder(isDown ? column.id : `-${column.id}`)}
          className="inline-flex items-center gap-1 hover:text-fg"
        >
          {column.header}
          <Icon className={cn('size-3.5', !isDown && !isUp && 'opacity-50')} aria-hidden />
        </button>
      ) : (
        column.header
      )}
    </th>
  )
}

function BodyRow<Row>({ row, columns, idOf, nameOf, selected, onSelect, onOpen, openId }: Props<Row> & { row: Row }) {
  const t = useTranslations('table')
  const id = idOf(row)
  const name = nameOf(row)
  const select = (isChecked: boolean) => {
    const next = new Set(selected)
    isChecked ? next.add(id) : next.delete(id)
    onSelect(next)
  }
  return (
    <tr
      data-open={openId === id || undefined}
      className="relative border-b last:border-b-0 hover:bg-sunken has-checked:bg-accent-soft data-open:bg-sunken data-open:shadow-[inset_2px_0_0_var(--accent)]"
    >
      <td className="relative z-1 pl-3">
        <Checkbox label={t('select', { name })} isChecked={selected.has(id)} onChange={select} />
      </td>
      {columns.map((column, place) => (
        <td key={column.id} className={cn('h-11 overflow-hidden px-3', column.className)}>
          {place === 0 ? (
            <button
              type="button"
              data-row={id}
              aria-expanded={openId === id}
              onClick={() => onOpen(row)}
              // Its place to press is the whole row.
              className="block w-full truncate py-1 text-left font-medium after:absolute after:inset-0 hover:underline focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-ring"
            >
              {column.cell(row)}
            </button>
          ) : (
            <div className="truncate text-muted">{column.cell(row)}</div>
          )}
        </td>
      ))}
    </tr>
  )
}

function SkeletonRows<Row>({ columns }: { columns: Column<Row>[] }) {
  return Array.from({ length: SKELETON_ROWS }, (_, number) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
    <tr key={number} className="border-b">
      <td />
      {columns.map((column) => (
        <td key={column.id} className={cn('h-11 px-3', column.className)}>
          <Skeleton className="h-3.5" />
        </td>
      ))}
    </tr>
  ))
}
