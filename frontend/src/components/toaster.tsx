import { Toast } from '@base-ui/react/toast'
import { CircleAlert, CircleCheck, Info, X } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { cn } from '@/lib/cn'
import { buttonStyle } from './button'
import { showToasts, type ToastMessage } from './toast'

const SECONDS = 8
const manager = Toast.createToastManager<{ kind: ToastMessage['kind'] }>()

showToasts(({ kind, title, action }) => {
  const id = manager.add({
    title,
    data: { kind },
    priority: kind === 'failed' ? 'high' : 'low',
    timeout: kind === 'done' ? SECONDS * 1000 : 0,
    actionProps: action && {
      children: action.label,
      onClick: () => {
        manager.close(id)
        action.run()
      },
    },
  })
})

const ICONS = {
  done: { Icon: CircleCheck, colour: 'text-good' },
  failed: { Icon: CircleAlert, colour: 'text-danger' },
  news: { Icon: Info, colour: 'text-accent-text' },
}

/** Shows the toasts; there is one in the page. */
export default function Toaster() {
  return (
    <Toast.Provider toastManager={manager} limit={3}>
      <Toast.Portal>
        <Toast.Viewport className="fixed right-4 bottom-4 z-50 grid w-[min(24rem,calc(100vw-2rem))] gap-2">
          <Toasts />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  )
}

function Toasts() {
  const t = useTranslations('toast')
  const { toasts } = Toast.useToastManager<{ kind: ToastMessage['kind'] }>()
  return toasts.map((one) => {
    const { Icon, colour } = ICONS[one.data?.kind ?? 'news']
    return (
      <Toast.Root
        key={one.id}
        toast={one}
        className="rounded-lg bg-raised text-ui shadow-float transition duration-150 data-ending-style:opacity-0 data-limited:hidden data-starting-style:translate-y-2 data-starting-style:opacity-0"
      >
        <Toast.Content className="flex items-center gap-2.5 p-2 pl-3">
          <Icon className={cn('size-4 shrink-0', colour)} aria-hidden />
          <Toast.Title className="min-w-0 flex-1 font-normal" />
          <Toast.Action className={buttonStyle({ size: 'small' })} />
          <Toast.Close aria-label={t('close')} className={buttonStyle({ look: 'quiet', size: 'icon' })}>
            <X aria-hidden />
          </Toast.Close>
        </Toast.Content>
      </Toast.Root>
    )
  })
}
