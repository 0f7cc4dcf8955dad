import { ChevronDown } from 'lucide-react'
import { type ComponentProps, useId } from 'react'
import { cn } from '@/lib/cn'
import { inputStyle } from './field'

type Option = { value: string; label: string; isDisabled?: boolean }
type Props = Omit<ComponentProps<'select'>, 'className' | 'id' | 'onChange'> & {
  label: string
  options: Option[]
  onChange: (value: string) => void
  hint?: string
  error?: string | undefined
  /** The label is for readers alone, where the place says what is chosen. */
  isBare?: boolean
}

/** A choice of several: the browser's own, which phones and keyboards know. */
export function SelectField({ label, options, onChange, hint, error, isBare = false, ...select }: Props) {
  const id = useId()
  const note = error ?? hint
  return (
    <div className={cn('grid', !isBare && 'gap-1.5')}>
      <label htmlFor={id} className={isBare ? 'sr-only' : 'text-ui font-medium'}>
        {label}
      </label>
      <div className="relative">
        <select
          {...select}
          id={id}
          onChange={(event) => onChange(event.target.value)}
          aria-describedby={note ? `${id}-note` : undefined}
          className={cn(
            inputStyle,
            'appearance-none pr-8 text-ellipsis disabled:opacity-60',
            isBare ? 'h-8 pl-2.5 text-ui' : 'h-10 text-sm',
          )}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value} disabled={option.isDisabled}>
              {option.label}
            </option>
          ))}
        </select>
        <ChevronDown
          className="pointer-events-none absolute inset-y-0 right-2.5 my-auto size-4 text-subtle"
          aria-hidden
        />
      </div>
      {note ? (
        <p id={`${id}-note`} className={cn('text-ui', error ? 'text-danger' : 'text-muted')}>
          {note}
        </p>
      ) : null}
    </div>
  )
}
