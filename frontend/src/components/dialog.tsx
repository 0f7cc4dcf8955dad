import { Dialog as Base } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { cn } from '@/lib/cn'
import { buttonStyle } from './button'

type Props = {
  title: string
  isOpen: boolean
  onClose: () => void
  children: ReactNode
  isWide?: boolean
}

/** A short task in front of the page. */
export function Dialog({ title, isOpen, onClose, children, isWide = false }: Props) {
  const t = useTranslations('dialog')
  return (
    <Base.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={backdropStyle} />
        <Base.Viewport className="fixed inset-0 z-40 grid place-items-center overflow-y-auto p-4">
          <Base.Popup
            className={cn(
              'grid w-full gap-4 rounded-xl bg-raised p-5 shadow-float transition duration-150 outline-none data-ending-style:opacity-0 data-starting-style:opacity-0',
              isWide ? 'max-w-lg' : 'max-w-md',
            )}
          >
            <div className="flex items-start justify-between gap-4">
              <Base.Title className="text-base font-semibold">{title}</Base.Title>
              <Base.Close
                aria-label={t('close')}
                className={cn(buttonStyle({ look: 'quiet', size: 'icon' }), '-mt-1 -mr-1')}
              >
                <X aria-hidden />
              </Base.Close>
            </div>
            {children}
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  )
}

export const backdropStyle =
  'fixed inset-0 z-40 bg-black/40 transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0'
