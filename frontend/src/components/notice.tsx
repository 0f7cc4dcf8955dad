import { CircleAlert, Info, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { cn } from '@/lib/cn'

const KINDS = {
  info: { Icon: Info, colour: 'text-accent-text' },
  warning: { Icon: TriangleAlert, colour: 'text-danger' },
  missing: { Icon: CircleAlert, colour: 'text-muted' },
}

type Props = { kind?: keyof typeof KINDS; children: ReactNode; action?: ReactNode }

/** Something to know about the page as it stands. */
export function Notice({ kind = 'info', children, action }: Props) {
  const { Icon, colour } = KINDS[kind]
  return (
    <div className="flex flex-wrap items-center gap-3 rounded-lg border bg-surface px-4 py-3 text-ui">
      <Icon className={cn('size-4 shrink-0 self-start mt-0.5', colour)} aria-hidden />
      <div className="min-w-48 flex-1">{children}</div>
      {action}
    </div>
  )
}
