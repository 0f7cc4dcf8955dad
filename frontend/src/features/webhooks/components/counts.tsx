import { useFormatter, useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import type { Webhook } from '../queries'

type Props = { webhook: Webhook; onReplay: (() => void) | undefined }

/** What became of all events that were meant for an endpoint: the sum comes out even. */
export function Counts({ webhook, onReplay }: Props) {
  const t = useTranslations('webhooks.counts')
  const { number } = useFormatter()
  const { delivered, exhausted, pending } = webhook
  const parts = [
    { sign: '', name: t('committed'), count: delivered + exhausted + pending },
    { sign: '=', name: t('delivered'), count: delivered },
    { sign: '+', name: t('exhausted'), count: exhausted },
    { sign: '+', name: t('pending'), count: pending },
  ]
  return (
    <section aria-label={t('label')} className="flex flex-wrap items-center justify-between gap-3">
      <dl className="flex flex-wrap items-end gap-x-4 gap-y-2">
        {parts.map(({ sign, name, count }) => (
          <div key={name} className="flex items-end gap-4">
            {sign ? (
              <span aria-hidden className="pb-4.5 text-subtle">
                {sign}
              </span>
            ) : null}
            <div className="flex flex-col-reverse">
              <dt className="text-xs text-muted">{name}</dt>
              <dd className="text-lg font-semibold tabular-nums">{number(count)}</dd>
            </div>
          </div>
        ))}
      </dl>
      {onReplay && exhausted > 0 ? <Button onClick={onReplay}>{t('replay')}</Button> : null}
    </section>
  )
}
