import type { ReactNode } from 'react'
import { cn } from '@/lib/cn'

type Props = { title: string; note?: ReactNode; actions?: ReactNode; children: ReactNode; className?: string }

/** A titled part of a page. */
export function Panel({ title, note, actions, children, className }: Props) {
  return (
    <section className={cn('flex min-w-0 flex-col gap-3 rounded-lg border bg-surface p-4', className)}>
      {/* On phones the note has the whole width, below what can be done. */}
      <header className="grid grid-cols-[minmax(min-content,1fr)_auto] items-start gap-x-4 max-sm:gap-y-2 sm:grid-rows-[auto_1fr]">
        <h2 className="text-ui font-semibold">{title}</h2>
        {actions ? <div className="sm:row-span-2">{actions}</div> : null}
        {note ? <p className={cn('text-xs text-muted max-sm:col-span-2', !actions && 'col-span-2')}>{note}</p> : null}
      </header>
      <div className="min-w-0 flex-1">{children}</div>
    </section>
  )
}
