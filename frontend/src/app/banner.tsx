import { CircleAlert, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { cn } from '@/lib/cn'

type Props = { label: string; isPressing: boolean; children: ReactNode; actions?: ReactNode }

/** Something that concerns all pages, above each of them. */
export function Banner({ label, isPressing, children, actions }: Props) {
  const Icon = isPressing ? TriangleAlert : CircleAlert
  return (
    <section
      aria-label={label}
      // Pages as high as the window leave room for it.
      data-banner
      className={cn(
        'flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1.5 border-b px-4 py-1.5 text-ui md:px-6',
        isPressing ? 'bg-danger-soft text-danger' : 'bg-sunken',
      )}
    >
      <Icon className="size-4 shrink-0" aria-hidden />
      <div className="min-w-0 flex-1 basis-56">{children}</div>
      {actions ? <div className="flex items-center gap-2 text-fg">{actions}</div> : null}
    </section>
  )
}
