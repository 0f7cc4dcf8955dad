import type { ReactNode } from 'react'
import { cn } from '@/lib/cn'

type Props = { title: string; note?: ReactNode; actions?: ReactNode; children: ReactNode; className?: string }

/** A titled part of a page. */
export function Panel({ title, note, actions, children, className }: Props) {
  return (
    <section className={cn('flex min-w-0 flex-col gap-3 rounded-lg border bg-surface p-4', className)}>
      <header className="flex items-start justify-between gap-4">
        <div className="min-w-0">
          <h2 className="text-ui font-semibold">{title}</h2>
          {note ? <p className="text-xs text-muted">{note}</p> : null}
        </div>
        {actions}
      </header>
      <div className="min-w-0 flex-1">{children}</div>
    </section>
  )
}
