import type { ReactNode } from 'react'
import { cn } from '@/lib/cn'
import { Skeleton } from './states'

export type PlainColumn<Row> = {
  id: string
  header: string
  cell: (row: Row) => ReactNode
  /** Where there is no room for it, say so here: the first column repeats what matters. */
  className?: string
  /** On phones its header stands before what it says, which by itself would say too little. */
  isNamed?: boolean
}

type Props<Row> = {
  label: string
  columns: PlainColumn<Row>[]
  /** Undefined while there is nothing to show yet. */
  rows: Row[] | undefined
  idOf: (row: Row) => string
  /** The row that is shown beside the table. */
  openId?: string | undefined
}

const SKELETON_ROWS = 3

/** A table that shows rows and the actions on each; `DataTable` is for those that are ordered and selected. */
export function PlainTable<Row>({ label, columns, rows, idOf, openId }: Props<Row>) {
  return (
    <table aria-label={label} aria-busy={rows === undefined} className="w-full text-left text-ui">
      {/* On phones a row is a block: the first column on top, the others below it. */}
      <thead className="text-xs text-muted max-sm:sr-only">
        <tr className="border-b">
          {columns.map((column) => (
            <th
              key={column.id}
              scope="col"
              className={cn('h-9 px-3 font-medium first:pl-4 last:pr-4', column.className)}
            >
              {column.header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows
          ? rows.map((row) => (
              <tr
                key={idOf(row)}
                data-open={openId === idOf(row) || undefined}
                className="relative border-b has-[[data-row]]:hover:bg-sunken data-open:bg-sunken data-open:shadow-[inset_2px_0_0_var(--accent)] last:border-b-0 max-sm:flex max-sm:flex-wrap max-sm:items-center max-sm:gap-3 max-sm:px-4 max-sm:py-3"
              >
                {columns.map((column) => (
                  <td
                    key={column.id}
                    className={cn(
                      'align-middle max-sm:first:w-full sm:px-3 sm:py-2.5 sm:first:pl-4 sm:last:pr-4',
                      column.className,
                    )}
                  >
                    {column.isNamed ? (
                      // Readers hear the header of the column.
                      <span aria-hidden className="text-xs text-muted sm:hidden">
                        {column.header}:{' '}
                      </span>
                    ) : null}
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            ))
          : Array.from({ length: SKELETON_ROWS }, (_, number) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
              <tr key={number} className="border-b last:border-b-0">
                {columns.map((column) => (
                  <td key={column.id} className={cn('h-12 px-3 first:pl-4', column.className)}>
                    <Skeleton className="h-3.5" />
                  </td>
                ))}
              </tr>
            ))}
      </tbody>
    </table>
  )
}
