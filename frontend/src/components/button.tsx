import { cva, type VariantProps } from 'class-variance-authority'
import { LoaderCircle } from 'lucide-react'
import type { ComponentProps } from 'react'
import { cn } from '@/lib/cn'

export const buttonStyle = cva(
  'inline-flex shrink-0 cursor-default items-center justify-center gap-1.5 rounded-md text-ui font-medium whitespace-nowrap transition-colors select-none disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0',
  {
    variants: {
      look: {
        primary: 'bg-accent text-on-accent hover:bg-accent-strong',
        plain: 'border border-line-strong bg-surface hover:bg-sunken',
        quiet: 'text-muted hover:bg-sunken hover:text-fg',
        danger: 'border border-line-strong bg-surface text-danger hover:bg-danger-soft',
      },
      size: { small: 'h-7 px-2.5', normal: 'h-8 px-3', large: 'h-10 px-4 text-sm', icon: 'size-8' },
    },
    defaultVariants: { look: 'plain', size: 'normal' },
  },
)

type Props = ComponentProps<'button'> & VariantProps<typeof buttonStyle> & { isBusy?: boolean }

/** A button; while busy it shows so and takes no second press, but keeps the focus. */
export function Button({ look, size, className, isBusy = false, type = 'button', onClick, children, ...rest }: Props) {
  return (
    <button
      {...rest}
      type={type}
      aria-busy={isBusy || undefined}
      aria-disabled={isBusy || undefined}
      onClick={isBusy ? (event) => event.preventDefault() : onClick}
      className={cn(buttonStyle({ look, size }), className)}
    >
      {isBusy ? <LoaderCircle className="animate-spin" aria-hidden /> : null}
      {children}
    </button>
  )
}
