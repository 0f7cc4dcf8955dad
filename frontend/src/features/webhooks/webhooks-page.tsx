import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Plus, Webhook as WebhookIcon } from 'lucide-react'
import { useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { may } from '@/api/account'
import { Ago } from '@/components/ago'
import { Button } from '@/components/button'
import { Page } from '@/components/page'
import { PlainTable } from '@/components/plain-table'
import { ReadOnly } from '@/components/read-only'
import { EmptyState, ErrorState } from '@/components/states'
import { useAccount, useOrg } from '@/hooks/use-account'
import { CreateDialog } from './components/endpoint-dialog'
import { Receiver, SecretDialog } from './components/secret-dialog'
import { EndpointBadge } from './components/words'
import { type NewWebhook, type Webhook, webhooksQuery } from './queries'

type Open = { what: 'create' } | { what: 'secret'; made: NewWebhook } | null

/** The addresses that are told what happens. */
export function WebhooksPage() {
  const t = useTranslations('webhooks')
  const org = useOrg()
  const navigate = useNavigate()
  const canChange = may(useAccount(), 'webhooks:write')
  const webhooks = useInfiniteQuery(webhooksQuery(org))
  const [open, setOpen] = useState<Open>(null)
  const rows = webhooks.data?.pages.flatMap((page) => page.results)
  const create = (
    <Button look="primary" onClick={() => setOpen({ what: 'create' })}>
      <Plus aria-hidden />
      {t('add')}
    </Button>
  )
  return (
    <Page title={t('title')} note={t('note')} actions={canChange && rows?.length ? create : null}>
      {canChange ? null : <ReadOnly permission="webhooks:write" />}
      {webhooks.isError && !rows ? (
        <ErrorState error={webhooks.error} onRetry={() => void webhooks.refetch()} isRetrying={webhooks.isRefetching} />
      ) : rows?.length === 0 ? (
        <EmptyState icon={WebhookIcon} title={t('none')} action={canChange ? create : null}>
          <p>{t('noneText')}</p>
          <details className="text-left">
            <summary className="cursor-default text-center underline decoration-line-strong underline-offset-2">
              {t('how')}
            </summary>
            <div className="pt-3">
              <Receiver secret="whsec_…" />
            </div>
          </details>
        </EmptyState>
      ) : (
        <div className="overflow-hidden rounded-lg border bg-surface">
          <Rows rows={rows} />
        </div>
      )}
      {webhooks.hasNextPage ? (
        <Button
          className="self-center"
          isBusy={webhooks.isFetchingNextPage}
          onClick={() => void webhooks.fetchNextPage()}
        >
          {t('more')}
        </Button>
      ) : null}
      {open?.what === 'create' ? (
        <CreateDialog onMade={(made) => setOpen({ what: 'secret', made })} onClose={() => setOpen(null)} />
      ) : null}
      {open?.what === 'secret' ? (
        <SecretDialog
          secret={open.made.secret}
          onClose={() =>
            void navigate({ to: '/$org/settings/webhooks/$webhookId', params: { org, webhookId: open.made.id } })
          }
        />
      ) : null}
    </Page>
  )
}

function Rows({ rows }: { rows: Webhook[] | undefined }) {
  const t = useTranslations('webhooks')
  const { number } = useFormatter()
  const org = useOrg()
  return (
    <PlainTable
      label={t('title')}
      rows={rows}
      idOf={(webhook) => webhook.id}
      columns={[
        {
          id: 'where',
          header: t('columns.where'),
          cell: (webhook) => (
            <div className="min-w-0">
              <Link
                to="/$org/settings/webhooks/$webhookId"
                params={{ org, webhookId: webhook.id }}
                className="font-medium break-words hover:underline"
              >
                {webhook.description || webhook.url}
              </Link>
              {webhook.description ? <p className="text-xs break-all text-muted">{webhook.url}</p> : null}
            </div>
          ),
        },
        {
          id: 'what',
          header: t('columns.what'),
          className: 'text-muted max-md:hidden',
          cell: ({ event_types }) =>
            event_types.length === 0 ? t('allEvents') : t('someEvents', { count: event_types.length }),
        },
        {
          id: 'state',
          header: t('columns.state'),
          cell: (webhook) => <EndpointBadge webhook={webhook} />,
        },
        {
          id: 'waiting',
          header: t('columns.waiting'),
          className: 'text-right tabular-nums max-sm:text-left',
          cell: ({ pending }) => (
            <>
              <span className="text-muted sm:sr-only">{t('columns.waiting')} </span>
              {number(pending)}
            </>
          ),
        },
        {
          id: 'taken',
          header: t('columns.taken'),
          className: 'text-muted max-sm:hidden',
          cell: ({ last_success_at }) => (last_success_at ? <Ago at={last_success_at} /> : t('never')),
        },
      ]}
    />
  )
}
