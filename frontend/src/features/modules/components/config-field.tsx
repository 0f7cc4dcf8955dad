import { useId } from 'react'
import { useTranslations } from 'use-intl'
import { inputStyle, TextField } from '@/components/field'
import { cn } from '@/lib/cn'
import type { Field } from '../config-schema'

type Props = {
  field: Field
  value: string | boolean
  error: string | undefined
  onChange: (value: string | boolean) => void
}

/** One property of a configuration; titles and descriptions are the module's own words. */
export function ConfigField({ field, value, error, onChange }: Props) {
  const t = useTranslations('modules.config')
  const id = useId()
  const label = field.isRequired || field.kind === 'boolean' ? field.title : t('optional', { title: field.title })
  if (field.kind === 'text' || field.kind === 'number') {
    return (
      <TextField
        label={label}
        {...(field.description && { hint: field.description })}
        error={error}
        required={field.isRequired}
        inputMode={field.kind === 'text' ? 'text' : field.isWhole ? 'numeric' : 'decimal'}
        value={String(value)}
        onChange={(event) => onChange(event.target.value)}
      />
    )
  }
  const note = error ?? field.description
  const shared = {
    id,
    'aria-invalid': error !== undefined,
    'aria-describedby': note ? `${id}-note` : undefined,
  }
  return (
    <div className="grid gap-1.5">
      {field.kind === 'boolean' ? (
        <div className="flex items-center gap-2">
          <input
            {...shared}
            type="checkbox"
            checked={value === true}
            onChange={(event) => onChange(event.target.checked)}
            className="size-4 accent-accent"
          />
          <label htmlFor={id} className="text-ui font-medium">
            {label}
          </label>
        </div>
      ) : (
        <>
          <label htmlFor={id} className="text-ui font-medium">
            {label}
          </label>
          <select
            {...shared}
            required={field.isRequired}
            value={String(value)}
            onChange={(event) => onChange(event.target.value)}
            className={cn(inputStyle, 'h-10 text-sm')}
          >
            {field.isRequired && value !== '' ? null : <option value="">{t('notSet')}</option>}
            {field.options.map((option) => (
              <option key={option} value={String(option)}>
                {option}
              </option>
            ))}
          </select>
        </>
      )}
      {note ? (
        <p id={`${id}-note`} className={cn('text-ui', error ? 'text-danger' : 'text-muted')}>
          {note}
        </p>
      ) : null}
    </div>
  )
}
