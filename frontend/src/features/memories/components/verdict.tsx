import { useFormatter, useTranslations } from 'use-intl'
import { Score } from '@/features/search'
import type { Explained } from '../queries'

// As the API names them.
const GATES = [
  'trashed',
  'expired',
  'archived',
  'memory_types',
  'time_window',
  'filters',
  'not_found_by_any_channel',
  'threshold',
  'limit',
] as const

/** Where a memory stands in a search that shows so many, or what keeps it out, with its score. */
export function Verdict({ explained, shown }: { explained: Explained; shown: number }) {
  const t = useTranslations('whyNotFound')
  const { number } = useFormatter()
  const gate = GATES.find((one) => one === explained.gate)
  return (
    <div className="grid gap-2 text-ui">
      <p className="font-medium">
        {gate ? t(`gates.${gate}`, { limit: shown }) : explained.gate ? t('keptOut') : t('found')}
      </p>
      {explained.rank ? (
        <p>{t('place', { rank: number(explained.rank), candidates: number(explained.candidates) })}</p>
      ) : gate === 'not_found_by_any_channel' ? (
        <p>{t('notAmongTheBest')}</p>
      ) : (
        // The API answers in English.
        <p lang="en">{explained.detail}</p>
      )}
      {explained.score !== null && explained.contributions.length > 0 ? (
        <Score result={{ score: explained.score, contributions: explained.contributions }} isOpenAtFirst={false} />
      ) : null}
    </div>
  )
}
