import { Link } from '@tanstack/react-router'
import { useFormatter, useNow, useTranslations } from 'use-intl'
import { Ago } from '@/components/ago'
import { Button } from '@/components/button'
import { Panel } from '@/components/panel'
import { useFailed } from '@/components/plan-limit'
import { toast } from '@/components/toast'
import { useOrg } from '@/hooks/use-account'
import { cn } from '@/lib/cn'
import { useChangeWebhook, type Webhook } from '../queries'
import { EndpointBadge, isRetrying, useOutcome } from './words'

/** How an endpoint fares, in words: what went well, what holds up the rest, when it is tried again. */
export function Standing({ webhook, canChange }: { webhook: Webhook; canChange: boolean }) {
  const t = useTranslations('webhooks')
  return (
    <Panel
      title={t('standing.title')}
      actions={
        <div className="flex items-center gap-3">
          <EndpointBadge webhook={webhook} />
          {canChange ? <Switch webhook={webhook} /> : null}
        </div>
      }
    >
      <div className="grid gap-1 text-ui">
        {webhook.status === 'disabled' ? <WhyDisabled webhook={webhook} /> : <Progress webhook={webhook} />}
      </div>
    </Panel>
  )
}

function Switch({ webhook }: { webhook: Webhook }) {
  const t = useTranslations('webhooks.one')
  const failed = useFailed()
  const change = useChangeWebhook(webhook.id)
  const isOn = webhook.status === 'enabled'
  return (
    <Button
      size="small"
      look={isOn ? 'plain' : 'primary'}
      isBusy={change.isPending}
      onClick={() =>
        change.mutate(
          { status: isOn ? 'disabled' : 'enabled' },
          {
            onSuccess: () => toast.done(t(isOn ? 'disabled' : 'enabled')),
            onError: (error) => failed(error, (reason) => t(isOn ? 'disableFailed' : 'enableFailed', { reason })),
          },
        )
      }
    >
      {t(isOn ? 'disable' : 'enable')}
    </Button>
  )
}

const WHY = { '': 'manual', manual: 'manual', gone: 'gone', failing: 'disabledFailing' } as const

function WhyDisabled({ webhook }: { webhook: Webhook }) {
  const t = useTranslations('webhooks.standing')
  const at = webhook.disabled_at ?? webhook.created_at
  return (
    <>
      <p>{t.rich(WHY[webhook.disabled_reason], { ago: () => <Ago at={at} /> })}</p>
      <LastAnswer webhook={webhook} />
      {webhook.pending > 0 ? <p className="text-muted">{t('kept', { count: webhook.pending })}</p> : null}
    </>
  )
}

function Progress({ webhook }: { webhook: Webhook }) {
  const t = useTranslations('webhooks.standing')
  const org = useOrg()
  const { relativeTime } = useFormatter()
  const now = useNow({ updateInterval: 1000 })
  const first = webhook.first_pending
  if (webhook.pending === 0) {
    return (
      <p>
        {webhook.exhausted > 0
          ? t('givenUp', { count: webhook.exhausted })
          : t(webhook.delivered > 0 ? 'fine' : 'nothingYet')}{' '}
        {webhook.last_success_at
          ? t.rich('fineLast', { ago: () => <Ago at={webhook.last_success_at as string} /> })
          : null}
      </p>
    )
  }
  if (!webhook.failing_since && !(first && isRetrying(first))) return <p>{t('onItsWay', { count: webhook.pending })}</p>
  const next = first?.next_attempt_at ?? webhook.next_attempt_at
  return (
    <>
      <p className={cn(webhook.failing_since && 'text-danger')}>
        {webhook.failing_since
          ? t.rich('failing', { ago: () => <Ago at={webhook.failing_since as string} /> })
          : t('retrying')}
      </p>
      {first ? (
        <p>
          {t.rich('holds', {
            type: first.event_type,
            count: webhook.pending - 1,
            delivery: (text) => (
              <Link
                from="/$org/settings/webhooks/$webhookId"
                to="/$org/settings/webhooks/$webhookId"
                params={{ org, webhookId: webhook.id }}
                search={(before) => ({ ...before, delivery: first.id })}
                resetScroll={false}
                className="font-mono text-xs underline decoration-line-strong underline-offset-2 hover:text-accent-text"
              >
                {text}
              </Link>
            ),
          })}
        </p>
      ) : null}
      <LastAnswer webhook={webhook} />
      {next ? (
        <p className="text-muted">
          {new Date(next) > now ? t('nextTry', { when: relativeTime(new Date(next), now) }) : t('nextTryNow')}
        </p>
      ) : null}
    </>
  )
}

function LastAnswer({ webhook }: { webhook: Webhook }) {
  const t = useTranslations('webhooks.standing')
  const outcome = useOutcome()
  if (!webhook.last_attempt) return null
  return <p className="text-muted">{t('last', { outcome: outcome(webhook.last_attempt) })}</p>
}
