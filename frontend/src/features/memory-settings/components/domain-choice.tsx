import {
  Building2,
  Compass,
  FlaskConical,
  HeartPulse,
  House,
  Landmark,
  type LucideIcon,
  Megaphone,
  ShoppingBag,
} from 'lucide-react'
import { useId } from 'react'
import { useTranslations } from 'use-intl'
import { DOMAINS, type Domain } from '../domains'

const ICONS: Record<Domain, LucideIcon> = {
  general: Compass,
  enterprise: Building2,
  retail: ShoppingBag,
  finance: Landmark,
  healthcare: HeartPulse,
  real_estate: House,
  research: FlaskConical,
  marketing: Megaphone,
}

type Props = { value: Domain | undefined; onChange: (domain: Domain) => void; isDisabled?: boolean }

/** The kind of work that memories are compared for, each with what it asks about. */
export function DomainChoice({ value, onChange, isDisabled = false }: Props) {
  const t = useTranslations('domains')
  const name = useId()
  return (
    <fieldset disabled={isDisabled} className="grid min-w-0 gap-2 sm:grid-cols-2">
      <legend className="sr-only">{t('label')}</legend>
      {DOMAINS.map((domain) => {
        const Icon = ICONS[domain]
        return (
          <label
            key={domain}
            className="relative flex cursor-default gap-3 rounded-lg border border-line-strong bg-surface p-3 not-has-disabled:hover:bg-sunken has-checked:border-accent has-checked:bg-accent-soft has-checked:outline-1 has-checked:-outline-offset-1 has-checked:outline-accent has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-ring"
          >
            <input
              type="radio"
              name={name}
              value={domain}
              checked={value === domain}
              onChange={() => onChange(domain)}
              aria-labelledby={`${name}-${domain}`}
              aria-describedby={`${name}-${domain}-about`}
              className="absolute inset-0 appearance-none rounded-lg outline-none"
            />
            <Icon className="mt-0.5 size-4 shrink-0 text-muted" aria-hidden />
            <span className="grid min-w-0 content-start gap-0.5">
              <span id={`${name}-${domain}`} className="text-ui font-medium">
                {t(`${domain}.name`)}
              </span>
              <span id={`${name}-${domain}-about`} className="text-ui text-muted">
                {t(`${domain}.about`)}
              </span>
            </span>
          </label>
        )
      })}
    </fieldset>
  )
}
