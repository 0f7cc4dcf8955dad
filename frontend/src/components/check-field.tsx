import { Check } from 'lucide-react'
import { type ReactNode, useId } from 'react'

type Props = {
  label: ReactNode
  hint?: ReactNode
  isChecked: boolean
  isDisabled?: boolean
  onChange: (isChecked: boolean) => void
}

/** A box with its text beside it. */
export function CheckField({ label, hint, isChecked, isDisabled = false, onChange }: Props) {
  const id = useId()
  return (
    <div className="flex items-start gap-2.5 text-ui">
      <span className="relative mt-0.5 grid size-4 shrink-0 place-items-center">
        <input
          id={id}
          type="checkbox"
          checked={isChecked}
          disabled={isDisabled}
          aria-describedby={hint ? `${id}-hint` : undefined}
          onChange={(event) => onChange(event.target.checked)}
          className="peer absolute inset-0 appearance-none rounded border border-line-strong bg-surface before:absolute before:-inset-2 checked:border-accent checked:bg-accent disabled:opacity-50"
        />
        <Check className="pointer-events-none relative hidden size-3 text-on-accent peer-checked:block" aria-hidden />
      </span>
      <span className="min-w-0">
        <label htmlFor={id} className={isDisabled ? 'text-muted' : undefined}>
          {label}
        </label>
        {hint ? (
          <span id={`${id}-hint`} className="block text-xs text-muted">
            {hint}
          </span>
        ) : null}
      </span>
    </div>
  )
}
