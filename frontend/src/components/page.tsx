import { ChevronRight } from 'lucide-react'
import { createContext, type ReactNode, use } from 'react'
import { useTitle } from '@/hooks/use-title'
import { cn } from '@/lib/cn'

/** What stands after the page's own title in the window's title: the organisation. */
export const TitleContext = createContext('')

type Props = {
  title: string
  /** What leads here, outermost first. */
  breadcrumb?: ReactNode[]
  note?: ReactNode
  actions?: ReactNode
  children: ReactNode
  /** Takes the height of the window, so that a list or a picture scrolls inside. */
  isFull?: boolean
  /** For forms: lines as long as they are read, beside the navigation. */
  isNarrow?: boolean
  /** Leaves room for a panel at the side of the window, where there is some. */
  hasAside?: boolean
}

/** The frame of every page: title, way here, actions. */
export function Page({
  title,
  breadcrumb = [],
  note,
  actions,
  children,
  isFull = false,
  isNarrow = false,
  hasAside = false,
}: Props) {
  useTitle(title, use(TitleContext))
  return (
    <div
      className={cn(
        'flex w-full flex-col gap-4 px-4 py-5 md:px-6',
        hasAside ? 'lg:pr-126' : isNarrow ? 'max-w-[51rem]' : 'mx-auto max-w-[88rem]',
        isFull && 'md:h-[calc(100dvh-3.5rem-var(--banner,0px))]',
      )}
    >
      <header
        className={cn('flex items-end justify-between gap-x-6 gap-y-3 max-sm:flex-wrap', hasAside && 'lg:flex-wrap')}
      >
        <div className="min-w-0">
          {breadcrumb.map((step, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the steps of a page do not move
            <span key={place} className="inline-flex items-center gap-1 text-ui text-muted">
              {step}
              <ChevronRight className="size-3.5" aria-hidden />
            </span>
          ))}
          <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
          {note ? <div className="text-ui text-muted">{note}</div> : null}
        </div>
        {actions ? <div className="flex shrink-0 flex-wrap items-center gap-2">{actions}</div> : null}
      </header>
      {children}
    </div>
  )
}
