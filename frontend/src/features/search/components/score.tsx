import { useId, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { cn } from '@/lib/cn'
import { CHANNELS, type Part, partsOf } from '../channels'
import type { Result } from '../queries'

const MILLION = 1_000_000

type Props = { result: Pick<Result, 'score' | 'contributions'>; isOpenAtFirst: boolean }

/** How a score comes about: a bar that adds up to it, and on demand the sum line by line. */
export function Score({ result, isOpenAtFirst }: Props) {
  const t = useTranslations('search.score')
  const { number } = useFormatter()
  const [isOpen, setOpen] = useState(isOpenAtFirst)
  const details = useId()
  const parts = partsOf(result.contributions)
  const score = number(result.score, { minimumFractionDigits: 3, maximumFractionDigits: 3 })
  return (
    <div className="grid gap-2">
      <button
        type="button"
        aria-expanded={isOpen}
        aria-controls={details}
        onClick={() => setOpen(!isOpen)}
        className="grid grid-cols-[auto_minmax(0,1fr)] items-center gap-3 text-left text-xs text-muted hover:text-fg"
      >
        <span className="tabular-nums">
          {t('score')} <span className="font-semibold text-fg">{score}</span>
        </span>
        <span aria-hidden className="flex h-2 overflow-hidden rounded-full bg-sunken">
          {parts.map(({ channel, units }) => (
            <span key={channel} className={CHANNELS[channel]} style={{ width: `${(units / MILLION) * 100}%` }} />
          ))}
        </span>
      </button>
      <div id={details} hidden={!isOpen}>
        {isOpen ? <Sum parts={parts} score={score} /> : null}
      </div>
    </div>
  )
}

/** value × weight = contribution, one line per channel, and their sum. */
function Sum({ parts, score }: { parts: Part[]; score: string }) {
  const t = useTranslations('search.score')
  const { number } = useFormatter()
  const exact = (value: number) => number(value, { minimumFractionDigits: 3, maximumFractionDigits: 3 })
  return (
    <table className="w-full max-w-xl text-xs tabular-nums">
      <caption className="sr-only">{t('caption')}</caption>
      <thead className="text-subtle">
        <tr>
          <th scope="col" className="pb-1 text-left font-normal">
            {t('channel')}
          </th>
          <th scope="col" className="pb-1 text-right font-normal">
            {t('rank')}
          </th>
          <th scope="col" className="pb-1 text-right font-normal">
            {t('value')}
          </th>
          <th scope="col" className="pb-1 text-right font-normal">
            × {t('weight')}
          </th>
          <th scope="col" className="pb-1 text-right font-normal">
            = {t('contribution')}
          </th>
        </tr>
      </thead>
      <tbody>
        {parts.map(({ channel, rank, value, weight, units }) => (
          <tr key={channel}>
            <th scope="row" className="py-0.5 text-left font-normal">
              <span className="inline-flex items-center gap-2" title={t(`about.${channel}`)}>
                <span aria-hidden className={cn('size-2 rounded-[3px]', CHANNELS[channel])} />
                {t(`channels.${channel}`)}
              </span>
            </th>
            <td className="text-right text-muted">{rank ?? '–'}</td>
            <td className="text-right text-muted">{rank === null ? '–' : exact(value)}</td>
            <td className="text-right text-muted">{exact(weight)}</td>
            <td className="text-right">{exact(units / MILLION)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr className="border-t">
          <th scope="row" colSpan={4} className="pt-1 text-left font-medium">
            {t('sum')}
          </th>
          <td className="pt-1 text-right font-semibold">{score}</td>
        </tr>
      </tfoot>
    </table>
  )
}
