import { Menu as Base } from '@base-ui/react/menu'
import { Check } from 'lucide-react'
import type { ComponentProps, ReactNode } from 'react'
import { cn } from '@/lib/cn'

const itemStyle =
  'flex min-h-8 cursor-default items-center gap-2 rounded-md px-2 py-1 text-ui outline-none data-highlighted:bg-accent-soft [&_svg]:size-4 [&_svg]:shrink-0'

export const MenuRoot = Base.Root
export const MenuTrigger = Base.Trigger

type PopupProps = { children: ReactNode; align?: 'start' | 'end'; className?: string }

export function MenuPopup({ children, align = 'start', className }: PopupProps) {
  return (
    <Base.Portal>
      <Base.Positioner align={align} sideOffset={4} className="z-40">
        <Base.Popup
          className={cn(
            'max-h-(--available-height) min-w-48 overflow-y-auto rounded-lg bg-raised p-1 shadow-float outline-none',
            className,
          )}
        >
          {children}
        </Base.Popup>
      </Base.Positioner>
    </Base.Portal>
  )
}

export function MenuGroup({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Base.Group>
      <Base.GroupLabel className="px-2 py-1 text-xs text-subtle">{label}</Base.GroupLabel>
      {children}
    </Base.Group>
  )
}

export function MenuItem({
  className,
  ...rest
}: Omit<ComponentProps<typeof Base.Item>, 'className'> & { className?: string }) {
  return <Base.Item {...rest} className={cn(itemStyle, className)} />
}

/** One of several that exclude each other. */
export function MenuRadio({ value, children }: { value: string; children: ReactNode }) {
  return (
    <Base.RadioItem value={value} closeOnClick className={itemStyle}>
      <span className="min-w-0 flex-1 truncate">{children}</span>
      <Base.RadioItemIndicator>
        <Check className="text-accent-text" aria-hidden />
      </Base.RadioItemIndicator>
    </Base.RadioItem>
  )
}

export const MenuRadios = Base.RadioGroup

type CheckProps = { isChecked: boolean; onChange: (isChecked: boolean) => void; children: ReactNode }

/** One of several that go together; the menu stays open. */
export function MenuCheck({ isChecked, onChange, children }: CheckProps) {
  return (
    <Base.CheckboxItem checked={isChecked} onCheckedChange={onChange} className={itemStyle}>
      <span className="grid size-4 place-items-center rounded border border-line-strong">
        <Base.CheckboxItemIndicator>
          <Check className="size-3! text-accent-text" aria-hidden />
        </Base.CheckboxItemIndicator>
      </span>
      {children}
    </Base.CheckboxItem>
  )
}

export function MenuLine() {
  return <Base.Separator className="my-1 h-px bg-line" />
}
