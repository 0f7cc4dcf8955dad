import { useTranslations } from 'use-intl'
import { ACTOR_KINDS } from '../filters'
import type { AuditEntry } from '../queries'

/** Who did something: by name, or by what kind of doer it was. */
export function useActorName() {
  const t = useTranslations('audit.actor')
  return ({ kind, name }: AuditEntry['actor']) => {
    if (name) return name
    const known = ACTOR_KINDS.find((one) => one === kind)
    return known ? t(known) : kind
  }
}
