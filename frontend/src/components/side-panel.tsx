import { X } from 'lucide-react'
import { type ReactNode, useCallback } from 'react'
import { useTranslations } from 'use-intl'
import { useKeys } from '@/hooks/use-keys'
import { Button } from './button'
import { ScrollRegion } from './scroll-region'

type Props = {
  title: string
  /** What the part that scrolls is called. */
  label: string
  actions?: ReactNode
  onClose: () => void
  children: ReactNode
}

/** One row of a list beside it; the list stays in use. On phones it takes the window. */
export function SidePanel({ title, label, actions, onClose, children }: Props) {
  const t = useTranslations('dialog')
  useKeys({ Escape: onClose })
  // Once, when it opens: going on to the next row leaves the focus where it is.
  const focus = useCallback((heading: HTMLElement | null) => heading?.focus(), [])
  return (
    <aside
      aria-labelledby="peek-title"
      className="fixed inset-0 z-20 flex flex-col border-l bg-raised shadow-float sm:top-14 sm:left-auto sm:w-[min(30rem,60vw)] lg:w-120"
    >
      <header className="flex items-center gap-1 border-b py-2 pr-3 pl-4">
        <h2 id="peek-title" ref={focus} tabIndex={-1} className="mr-auto min-w-0 text-ui font-semibold outline-none">
          {title}
        </h2>
        {actions}
        <Button look="quiet" size="icon" aria-label={t('close')} onClick={onClose}>
          <X aria-hidden />
        </Button>
      </header>
      <ScrollRegion
        label={label}
        className="grid content-start gap-5 overflow-y-auto p-4 focus-visible:-outline-offset-2"
      >
        {children}
      </ScrollRegion>
    </aside>
  )
}
