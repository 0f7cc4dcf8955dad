import { useTranslations } from 'use-intl'
import { DOMAINS, type Domain } from '../domains'

type Props = { value: string; onChange: (domain: Domain) => void; isDisabled?: boolean }

/** What the organisation is about, as cards to choose from. */
export function DomainChoice({ value, onChange, isDisabled = false }: Props) {
  const t = useTranslations('memorySettings.domains')
  return (
    <fieldset disabled={isDisabled} className="grid gap-2 sm:grid-cols-2">
      <legend className="sr-only">{t('label')}</legend>
      {DOMAINS.map((domain) => (
        <label
          key={domain}
          className="relative grid gap-0.5 rounded-lg border bg-surface px-3 py-2.5 has-checked:border-accent has-checked:bg-accent-soft has-enabled:hover:border-line-strong has-focus-visible:outline-2 has-focus-visible:outline-ring"
        >
          <input
            type="radio"
            name="domain"
            checked={value === domain}
            onChange={() => onChange(domain)}
            className="absolute inset-0 appearance-none outline-none"
          />
          <span className="font-medium">{t(`${domain}.name`)}</span>
          <span className="text-xs text-muted">{t(`${domain}.text`)}</span>
        </label>
      ))}
    </fieldset>
  )
}
