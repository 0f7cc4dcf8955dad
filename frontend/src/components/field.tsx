import { Eye, EyeOff } from 'lucide-react'
import { type ComponentProps, type ReactNode, useId, useState } from 'react'
import { useTranslations } from 'use-intl'
import { cn } from '@/lib/cn'

export const inputStyle =
  'w-full rounded-md border border-line-strong bg-surface px-3 placeholder:text-subtle focus-visible:outline-2 focus-visible:-outline-offset-1 focus-visible:outline-ring aria-invalid:border-danger'

type Props = Omit<ComponentProps<'input'>, 'className' | 'id'> & {
  label: string
  hint?: string
  error?: string | undefined
  /** Stands inside the box at its end. */
  end?: ReactNode
}

export function TextField({ label, hint, error, end, ...input }: Props) {
  const id = useId()
  const note = error ?? hint
  return (
    <div className="grid gap-1.5">
      <label htmlFor={id} className="text-ui font-medium">
        {label}
      </label>
      <div className="relative">
        <input
          {...input}
          id={id}
          aria-invalid={error !== undefined}
          aria-describedby={note ? `${id}-note` : undefined}
          className={cn(inputStyle, 'h-10 text-sm', end != null && 'pr-11')}
        />
        {end}
      </div>
      {note ? (
        <p id={`${id}-note`} className={cn('text-ui', error ? 'text-danger' : 'text-muted')}>
          {note}
        </p>
      ) : null}
    </div>
  )
}

type AreaProps = Omit<ComponentProps<'textarea'>, 'className' | 'id'> & {
  label: string
  hint?: string
  error?: string | undefined
  /** For what is written for machines. */
  isCode?: boolean
}

/** A field for several lines; it grows with them. */
export function TextArea({ label, hint, error, isCode = false, ...area }: AreaProps) {
  const id = useId()
  const note = error ?? hint
  return (
    <div className="grid gap-1.5">
      <label htmlFor={id} className="text-ui font-medium">
        {label}
      </label>
      <textarea
        {...area}
        id={id}
        spellCheck={!isCode}
        aria-invalid={error !== undefined}
        aria-describedby={note ? `${id}-note` : undefined}
        className={cn(
          inputStyle,
          'field-sizing-content max-h-[60dvh] py-2 leading-relaxed break-words',
          isCode ? 'min-h-20 font-mono text-xs' : 'min-h-32 text-sm',
        )}
      />
      {note ? (
        <p id={`${id}-note`} className={cn('text-ui', error ? 'text-danger' : 'text-muted')}>
          {note}
        </p>
      ) : null}
    </div>
  )
}

/** A field for a password, which can be shown to check it. */
export function PasswordField(props: Omit<Props, 'type' | 'end'>) {
  const t = useTranslations('field')
  const [isShown, setShown] = useState(false)
  const Icon = isShown ? EyeOff : Eye
  const toggle = (
    <button
      type="button"
      aria-label={t(isShown ? 'hidePassword' : 'showPassword')}
      onClick={() => setShown(!isShown)}
      className="absolute inset-y-0 right-0 grid w-10 place-items-center rounded-md text-subtle hover:text-fg"
    >
      <Icon className="size-4" aria-hidden />
    </button>
  )
  return <TextField {...props} type={isShown ? 'text' : 'password'} end={toggle} />
}
