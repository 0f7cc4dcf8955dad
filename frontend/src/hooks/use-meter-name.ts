import { useTranslations } from 'use-intl'

const KNOWN = [
  'api_calls',
  'gateway_calls',
  'gateway_calls_per_hour',
  'ingestion_items',
  'llm_tokens',
  'memory_bytes',
  'memory_searches',
  'memory_stores',
  'modules',
  'users',
] as const

/** What is counted, in words; what this build does not know yet is called as the API calls it. */
export function useMeterName() {
  const t = useTranslations('meters')
  return (code: string, name = code) => {
    const known = KNOWN.find((one) => one === code)
    return known ? t(known) : name
  }
}
