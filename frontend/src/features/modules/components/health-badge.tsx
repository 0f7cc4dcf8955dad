import { Activity, CircleAlert, CircleCheck, CircleDashed, CircleX, type LucideIcon } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { cn } from '@/lib/cn'

const STATES = {
  registered: { icon: CircleDashed, colour: 'text-muted' },
  checked: { icon: Activity, colour: 'text-muted' },
  available: { icon: CircleCheck, colour: 'text-good' },
  degraded: { icon: CircleAlert, colour: 'text-muted' },
  unavailable: { icon: CircleX, colour: 'text-danger' },
  retired: { icon: CircleX, colour: 'text-muted' },
} satisfies Record<string, { icon: LucideIcon; colour: string }>

function isKnown(state: string): state is keyof typeof STATES {
  return state in STATES
}

/** How a module is, in a word; a sign beside it, since colours alone say nothing to some. */
export function HealthBadge({ state }: { state: string }) {
  const t = useTranslations('modules.states')
  const { icon: Icon, colour } = isKnown(state) ? STATES[state] : STATES.registered
  return (
    <span className={cn('inline-flex shrink-0 items-center gap-1 text-xs', colour)}>
      <Icon className="size-3.5" aria-hidden />
      {isKnown(state) ? t(state) : state}
    </span>
  )
}
