import { Check, Minus } from 'lucide-react'

type Props = { label: string; isChecked: boolean; isPartly?: boolean; onChange: (isChecked: boolean) => void }

/** A box without visible text, for rows of tables. */
export function Checkbox({ label, isChecked, isPartly = false, onChange }: Props) {
  const Mark = isPartly ? Minus : Check
  return (
    <span className="relative grid size-4 place-items-center">
      <input
        type="checkbox"
        aria-label={label}
        checked={isChecked}
        ref={(box) => {
          if (box) box.indeterminate = isPartly
        }}
        onChange={(event) => onChange(event.target.checked)}
        // The pseudo-element makes the place to press larger than the box.
        className="peer absolute inset-0 appearance-none rounded border border-line-strong bg-surface before:absolute before:-inset-2 checked:border-accent checked:bg-accent indeterminate:border-accent indeterminate:bg-accent"
      />
      <Mark
        className="pointer-events-none relative hidden size-3 text-on-accent peer-checked:block peer-indeterminate:block"
        aria-hidden
      />
    </span>
  )
}
