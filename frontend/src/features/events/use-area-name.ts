import { useTranslations } from 'use-intl'

const KNOWN = [
  'api_key',
  'audit',
  'billing_settings',
  'branding',
  'credit',
  'domain',
  'entitlements',
  'entity',
  'escalation',
  'identity',
  'invitation',
  'member',
  'memory',
  'memory_context',
  'mfa',
  'module',
  'operation',
  'operator',
  'organization',
  'override',
  'permission',
  'plan',
  'quota',
  'review',
  'role',
  'session',
  'sign_in',
  'signing_key',
  'subscription',
  'usage',
  'user',
  'webhook',
] as const

/** What a group of event types is called; one that this build does not know yet is called as the API calls it. */
export function useAreaName() {
  const t = useTranslations('events.areas')
  return (area: string) => {
    const known = KNOWN.find((one) => one === area)
    return known ? t(known) : area
  }
}
