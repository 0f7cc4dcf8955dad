import { cn } from '@/lib/cn'

type Props = {
  label: string
  /** In words, for those who do not see the bar. */
  text: string
  /** From 0 to 1: what is done, and the part of it that is done for good. */
  done: number
  settled: number
  isFailed?: boolean
}

/** A bar in two tones: how far something has come, and how much of that is finished. */
export function Progress({ label, text, done, settled, isFailed = false }: Props) {
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuetext={text}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(done * 100)}
      className="relative h-1.5 overflow-hidden rounded-full bg-sunken"
    >
      <Part share={done} className={isFailed ? 'bg-danger' : 'bg-accent/35'} />
      <Part share={settled} className="bg-accent" />
    </div>
  )
}

function Part({ share, className }: { share: number; className: string }) {
  return (
    <div
      className={cn('absolute inset-y-0 left-0 w-full origin-left transition-transform duration-300', className)}
      style={{ transform: `scaleX(${Math.min(Math.max(share, 0), 1)})` }}
    />
  )
}
