import { useTranslations } from 'use-intl'

const KNOWN = ['accounts', 'audit', 'billing', 'memory', 'modules', 'organization', 'platform', 'webhooks'] as const

/** What a group of event types is called; one that this build does not know yet is called as the API calls it. */
export function useAreaName() {
  const t = useTranslations('events.areas')
  return (area: string) => {
    const known = KNOWN.find((one) => one === area)
    return known ? t(known) : area
  }
}
