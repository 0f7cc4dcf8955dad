import { useFormatter, useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { cn } from '@/lib/cn'
import type { Webhook } from '../queries'

const SIGN = 'before:absolute before:top-1 before:left-0 before:text-subtle'
const SIGNS = {
  '': '',
  '=': `${SIGN} before:content-['=']`,
  '+': `${SIGN} before:content-['+']`,
}

type Props = { webhook: Webhook; onReplay: (() => void) | undefined }

/** What became of all events that were meant for an endpoint: the sum comes out even. */
export function Counts({ webhook, onReplay }: Props) {
  const t = useTranslations('webhooks.counts')
  const { number } = useFormatter()
  const { delivered, exhausted, pending } = webhook
  const parts = [
    { sign: '' as const, name: t('committed'), count: delivered + exhausted + pending },
    { sign: '=' as const, name: t('delivered'), count: delivered },
    { sign: '+' as const, name: t('exhausted'), count: exhausted },
    { sign: '+' as const, name: t('pending'), count: pending },
  ]
  return (
    <section aria-label={t('label')} className="flex flex-wrap items-center justify-between gap-3">
      <dl className="flex flex-wrap items-end gap-x-4 gap-y-2">
        {parts.map(({ sign, name, count }) => (
          <div
            key={name}
            // The sign before a part is for the eye alone: readers hear names and numbers.
            className={cn('relative flex flex-col-reverse', sign && 'pl-6', SIGNS[sign])}
          >
            <dt className="text-xs text-muted">{name}</dt>
            <dd className="text-lg font-semibold tabular-nums">{number(count)}</dd>
          </div>
        ))}
      </dl>
      {onReplay && exhausted > 0 ? <Button onClick={onReplay}>{t('replay')}</Button> : null}
    </section>
  )
}
