import { useQuery } from '@tanstack/react-query'
import { RotateCcw, SkipForward } from 'lucide-react'
import { type ReactNode, useId } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { Ago } from '@/components/ago'
import { Button } from '@/components/button'
import { CopyBox, CopyButton } from '@/components/copy'
import { Facts } from '@/components/facts'
import { Loaded } from '@/components/loaded'
import { useFailed } from '@/components/plan-limit'
import { SidePanel } from '@/components/side-panel'
import { toast } from '@/components/toast'
import { useOrg } from '@/hooks/use-account'
import { cn } from '@/lib/cn'
import { type DeliveryDetail, deliveryQuery, useReplay, useSkip } from '../queries'
import { DeliveryBadge, stateOf, useOutcome } from './words'

type Props = { deliveryId: string; canChange: boolean; onClose: () => void }

/** One delivery beside the list: what was sent, how each try ended, and what can be done about it. */
export function DeliveryPanel({ deliveryId, canChange, onClose }: Props) {
  const t = useTranslations('webhooks.delivery')
  const found = useQuery(deliveryQuery(useOrg(), deliveryId))
  return (
    <SidePanel
      title={t('title')}
      label={found.data?.event_type ?? t('title')}
      onClose={onClose}
      actions={canChange && found.data ? <Actions delivery={found.data} /> : null}
    >
      <Loaded query={found}>{(delivery) => <Details delivery={delivery} />}</Loaded>
    </SidePanel>
  )
}

function Actions({ delivery }: { delivery: DeliveryDetail }) {
  const t = useTranslations('webhooks.delivery')
  const failed = useFailed()
  const replay = useReplay()
  const skip = useSkip()
  if (delivery.status === 'pending')
    return (
      <Button
        size="small"
        isBusy={skip.isPending}
        onClick={() =>
          skip.mutate(delivery.id, {
            onSuccess: () => toast.done(t('skipped')),
            onError: (error) => failed(error, (reason) => t('skipFailed', { reason })),
          })
        }
      >
        <SkipForward aria-hidden />
        {t('skip')}
      </Button>
    )
  return (
    <Button
      size="small"
      isBusy={replay.isPending}
      onClick={() =>
        replay.mutate(delivery.id, {
          onSuccess: () => toast.done(t('replayed')),
          onError: (error) => failed(error, (reason) => t('replayFailed', { reason })),
        })
      }
    >
      <RotateCcw aria-hidden />
      {t('replay')}
    </Button>
  )
}

function Details({ delivery }: { delivery: DeliveryDetail }) {
  const t = useTranslations('webhooks.delivery')
  return (
    <>
      <div className="grid gap-2 text-ui">
        <div>
          <DeliveryBadge delivery={delivery} />
        </div>
        <p>{t(`states.${stateOf(delivery)}`, { count: delivery.attempts })}</p>
      </div>
      <Facts
        rows={[
          { name: t('facts.event'), value: <code className="font-mono text-xs">{delivery.event_type}</code> },
          { name: t('facts.eventId'), value: <Id id={delivery.event_id} label={t('facts.copyId')} /> },
          { name: t('facts.since'), value: <Ago at={delivery.created_at} /> },
          ...(delivery.next_attempt_at
            ? [{ name: t('facts.next'), value: <Ago at={delivery.next_attempt_at} /> }]
            : []),
          ...(delivery.finished_at ? [{ name: t('facts.finished'), value: <Ago at={delivery.finished_at} /> }] : []),
        ]}
      />
      <Part title={t('log')}>
        <Log delivery={delivery} />
      </Part>
      {delivery.payload ? (
        <CopyBox
          label={t('payload')}
          text={JSON.stringify(delivery.payload, null, 2)}
          copyLabel={t('copyPayload')}
          isLong
        />
      ) : (
        <Part title={t('payload')}>
          <p className="text-ui text-muted">{t('noPayload')}</p>
        </Part>
      )}
      <Part title={t('headers')}>
        <Headers delivery={delivery} />
      </Part>
    </>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="grid gap-2">
      <h3 id={id} className="text-ui font-medium">
        {title}
      </h3>
      {children}
    </section>
  )
}

function Id({ id, label }: { id: string; label: string }) {
  return (
    <span className="flex items-center gap-1">
      <code className="font-mono text-xs break-all">{id}</code>
      <CopyButton text={id} label={label} />
    </span>
  )
}

/** Each try, the latest first. */
function Log({ delivery }: { delivery: DeliveryDetail }) {
  const t = useTranslations('webhooks.delivery')
  const { dateTime } = useFormatter()
  const outcome = useOutcome()
  if (delivery.log.length === 0) return <p className="text-ui text-muted">{t('noTries')}</p>
  return (
    <ol className="grid gap-2">
      {delivery.log.toReversed().map((one) => (
        <li key={one.number} className="grid gap-1.5 rounded-md border p-2.5 text-ui">
          <div className="flex flex-wrap justify-between gap-x-3">
            <span className="font-medium">{t('try', { number: one.number })}</span>
            <time dateTime={one.at} className="text-muted tabular-nums">
              {dateTime(new Date(one.at), { dateStyle: 'short', timeStyle: 'medium' })}
            </time>
          </div>
          <p className={cn('first-letter:uppercase', one.error ? 'text-danger' : 'text-muted')}>{outcome(one)}</p>
          {one.response_excerpt ? (
            <details>
              <summary className="cursor-default text-xs text-muted">{t('response')}</summary>
              <pre className="mt-1 max-h-40 overflow-auto rounded bg-sunken p-2 font-mono text-xs break-all whitespace-pre-wrap">
                {one.response_excerpt}
              </pre>
            </details>
          ) : null}
        </li>
      ))}
    </ol>
  )
}

/** What the headers of the specification say, and what a receiver does with them. */
function Headers({ delivery }: { delivery: DeliveryDetail }) {
  const t = useTranslations('webhooks.delivery')
  const latest = delivery.log.at(-1)
  const headers = [
    { name: 'webhook-id', value: delivery.event_id, note: t('headerNotes.id') },
    {
      name: 'webhook-timestamp',
      value: latest ? String(Math.floor(Date.parse(latest.at) / 1000)) : null,
      note: t('headerNotes.timestamp'),
    },
    { name: 'webhook-signature', value: 'v1,…', note: t('headerNotes.signature') },
  ]
  return (
    <dl className="grid gap-3">
      {headers.map(({ name, value, note }) => (
        <div key={name} className="grid gap-0.5">
          <dt className="font-mono text-xs">
            {name}: <span className="break-all text-muted">{value ?? t('eachTry')}</span>
          </dt>
          <dd className="text-xs text-muted">{note}</dd>
        </div>
      ))}
    </dl>
  )
}
