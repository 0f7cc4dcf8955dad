import { FirstMemory } from '@/features/memories'

/** Before there is anything to see. */
export function FirstUse() {
  return (
    <div className="rounded-lg border bg-surface">
      <FirstMemory />
    </div>
  )
}
