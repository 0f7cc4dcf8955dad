import { useQuery } from '@tanstack/react-query'
import { useFormatter, useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { Loaded } from '@/components/loaded'
import { Problem } from '@/components/problem'
import { Skeleton } from '@/components/states'
import { toast } from '@/components/toast'
import { useOrg } from '@/hooks/use-account'
import { useMeterName } from '@/hooks/use-meter-name'
import { useUnits } from '@/hooks/use-units'
import { cn } from '@/lib/cn'
import { previewQuery, useChangePlan } from '../queries'
import type { Choice, Plan, Preview } from '../types'

type Props = {
  choice: Choice
  plan: Plan
  /** It was cancelled: a change takes that back. */
  wasEnding: boolean
  onClose: () => void
}

/** What another plan costs now and later, and what would not fit, before it is taken. */
export function ChangeDialog({ choice, plan, wasEnding, onClose }: Props) {
  const t = useTranslations('billing.change')
  const preview = useQuery(previewQuery(useOrg(), choice))
  const change = useChangePlan(() => {
    toast.done(t('done', { plan: plan.name }))
    onClose()
  })
  return (
    <Dialog title={t('title', { plan: plan.name })} isOpen onClose={onClose} isWide>
      <Loaded query={preview} skeleton={<Skeleton className="h-40" />}>
        {(data) => <Money preview={data} />}
      </Loaded>
      {wasEnding ? <p className="text-ui text-muted">{t('comesBack')}</p> : null}
      <Problem error={change.error} />
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button
          look="primary"
          isBusy={change.isPending}
          disabled={!preview.data || preview.isFetching}
          onClick={() => change.mutate(choice)}
        >
          {t('confirm', { plan: plan.name })}
        </Button>
      </div>
    </Dialog>
  )
}

function Money({ preview }: { preview: Preview }) {
  const t = useTranslations('billing.change')
  const { dateTime } = useFormatter()
  const { sum, amount } = useUnits()
  const meterName = useMeterName()
  const { currency } = preview
  return (
    <div className="grid gap-4 text-ui">
      <dl className="grid gap-2">
        <Sum name={t('dueNow')} value={sum(preview.due_now_cents, currency)} isMain />
        {preview.credit_cents > 0 ? <Sum name={t('credit')} value={sum(preview.credit_cents, currency)} /> : null}
        <Sum
          name={
            preview.next_at
              ? t('nextAt', { date: dateTime(new Date(preview.next_at), { dateStyle: 'long' }) })
              : t('next')
          }
          value={sum(preview.next_amount_cents, currency)}
        />
      </dl>
      {preview.lines.length > 0 ? (
        <details>
          <summary className="text-muted">{t('lines')}</summary>
          <ul className="mt-2 grid gap-1.5 text-xs text-muted">
            {preview.lines.map((line) => (
              <li key={`${line.description} ${line.amount_cents}`} className="flex justify-between gap-4">
                <span className="min-w-0 break-words">{line.description}</span>
                <span className="tabular-nums">{sum(line.amount_cents, currency)}</span>
              </li>
            ))}
          </ul>
        </details>
      ) : null}
      {preview.over_limit.length > 0 ? (
        <div className="grid gap-1 rounded-md bg-danger-soft px-3 py-2 text-danger">
          <p className="font-medium">{t('overLimit')}</p>
          <ul>
            {preview.over_limit.map(({ meter, name, unit, used, limit }) => (
              <li key={meter}>
                {t('overRow', {
                  name: meterName(meter, name),
                  used: amount(used, unit),
                  limit: amount(limit, unit),
                })}
              </li>
            ))}
          </ul>
          <p>{t('overText')}</p>
        </div>
      ) : null}
    </div>
  )
}

function Sum({ name, value, isMain = false }: { name: string; value: string; isMain?: boolean }) {
  return (
    <div className={cn('flex items-baseline justify-between gap-4', isMain && 'border-b pb-2')}>
      <dt className={isMain ? 'font-medium' : 'text-muted'}>{name}</dt>
      <dd className={cn('tabular-nums', isMain && 'text-lg font-semibold')}>{value}</dd>
    </div>
  )
}
