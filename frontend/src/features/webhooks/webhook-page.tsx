import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Send } from 'lucide-react'
import { useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { may } from '@/api/account'
import { Button } from '@/components/button'
import { ConfirmDialog } from '@/components/confirm-dialog'
import { CopyButton } from '@/components/copy'
import { Loaded } from '@/components/loaded'
import { Notice } from '@/components/notice'
import { Page } from '@/components/page'
import { useFailed } from '@/components/plan-limit'
import { toast } from '@/components/toast'
import { useAccount, useOrg } from '@/hooks/use-account'
import { rowButton } from '@/hooks/use-row-keys'
import { Counts } from './components/counts'
import { Deliveries } from './components/deliveries'
import { DeliveryPanel } from './components/delivery-panel'
import { EditDialog } from './components/endpoint-dialog'
import { ReplayDialog } from './components/replay-dialog'
import { RotateDialog } from './components/rotate-dialog'
import { SecretDialog } from './components/secret-dialog'
import { Standing } from './components/standing'
import { TestDialog } from './components/test-dialog'
import type { WebhookSearch } from './filters'
import { type RotatedSecret, useDeleteWebhook, useTestWebhook, type Webhook, webhookQuery } from './queries'

const route = getRouteApi('/$org/settings/webhooks/$webhookId')

type Open =
  | { what: 'edit' | 'rotate' | 'replay' | 'delete' }
  | { what: 'secret'; made: RotatedSecret }
  | { what: 'test'; deliveryId: string }
  | null

/** One endpoint: how it fares, what was sent to it, and what can be done about it. */
export function WebhookPage() {
  const t = useTranslations('webhooks')
  const org = useOrg()
  const { webhookId } = route.useParams()
  const { delivery } = route.useSearch()
  const webhook = useQuery(webhookQuery(org, webhookId))
  const canChange = may(useAccount(), 'webhooks:write')
  const [open, setOpen] = useState<Open>(null)
  return (
    <Page
      title={webhook.data ? webhook.data.description || webhook.data.url : t('one.title')}
      note={webhook.data ? <Address webhook={webhook.data} /> : null}
      breadcrumb={[
        <Link key="all" to="/$org/settings/webhooks" params={{ org }} className="hover:text-fg">
          {t('title')}
        </Link>,
      ]}
      hasAside={delivery !== undefined}
      actions={canChange && webhook.data ? <Actions webhookId={webhookId} open={open} onOpen={setOpen} /> : null}
    >
      <Loaded query={webhook}>
        {(loaded) => <Endpoint webhook={loaded} canChange={canChange} open={open} onOpen={setOpen} />}
      </Loaded>
    </Page>
  )
}

function Address({ webhook }: { webhook: Webhook }) {
  const t = useTranslations('webhooks')
  return (
    <div className="grid gap-1">
      <span className="flex min-w-0 items-center gap-1">
        <code className="min-w-0 font-mono text-xs break-all">{webhook.url}</code>
        <CopyButton text={webhook.url} label={t('one.copyUrl')} />
      </span>
      {webhook.event_types.length === 0 ? (
        <p>{t('allEvents')}</p>
      ) : (
        <details>
          <summary className="cursor-default">{t('someEvents', { count: webhook.event_types.length })}</summary>
          <ul className="pl-4 font-mono text-xs">
            {webhook.event_types.map((name) => (
              <li key={name}>{name}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  )
}

type ActionsProps = { webhookId: string; open: Open; onOpen: (open: Open) => void }

function Actions({ webhookId, open, onOpen }: ActionsProps) {
  const t = useTranslations('webhooks.one')
  const failed = useFailed()
  const test = useTestWebhook(webhookId)
  const send = () =>
    test.mutate(undefined, {
      onSuccess: ({ id }) => onOpen({ what: 'test', deliveryId: id }),
      onError: (error) => failed(error, (reason) => t('testFailed', { reason })),
    })
  return (
    <>
      <Button onClick={() => onOpen({ what: 'edit' })}>{t('edit')}</Button>
      <Button onClick={() => onOpen({ what: 'rotate' })}>{t('rotate')}</Button>
      <Button look="primary" isBusy={test.isPending} onClick={send}>
        {test.isPending ? null : <Send aria-hidden />}
        {t('test')}
      </Button>
      {open?.what === 'test' ? (
        <TestDialog deliveryId={open.deliveryId} isBusy={test.isPending} onAgain={send} onClose={() => onOpen(null)} />
      ) : null}
    </>
  )
}

type EndpointProps = { webhook: Webhook; canChange: boolean; open: Open; onOpen: (open: Open) => void }

function Endpoint({ webhook, canChange, open, onOpen }: EndpointProps) {
  const t = useTranslations('webhooks')
  const { dateTime } = useFormatter()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const close = () => onOpen(null)
  function change(next: Partial<WebhookSearch>, replace = false) {
    void navigate({ search: (before) => ({ ...before, ...next }), replace, resetScroll: false })
  }
  const when = (at: string) => dateTime(new Date(at), { dateStyle: 'medium', timeStyle: 'short' })
  const isOverlapping = webhook.previous_secret_until !== null && Date.parse(webhook.previous_secret_until) > Date.now()
  return (
    <>
      {isOverlapping ? (
        <Notice>{t('one.twoSecrets', { when: when(webhook.previous_secret_until as string) })}</Notice>
      ) : null}
      <Standing webhook={webhook} canChange={canChange} />
      <Counts webhook={webhook} onReplay={canChange ? () => onOpen({ what: 'replay' }) : undefined} />
      <Deliveries webhook={webhook} search={search} onChange={change} />
      {canChange ? (
        <div className="border-t pt-4">
          <Button look="danger" onClick={() => onOpen({ what: 'delete' })}>
            {t('one.delete')}
          </Button>
        </div>
      ) : null}
      {search.delivery ? (
        <DeliveryPanel
          deliveryId={search.delivery}
          canChange={canChange}
          onClose={() => {
            rowButton(search.delivery)?.focus()
            change({ delivery: undefined }, true)
          }}
        />
      ) : null}
      {open?.what === 'edit' ? <EditDialog webhook={webhook} onClose={close} /> : null}
      {open?.what === 'replay' ? <ReplayDialog webhookId={webhook.id} onClose={close} /> : null}
      {open?.what === 'delete' ? <DeleteDialog webhook={webhook} onClose={close} /> : null}
      {open?.what === 'rotate' ? (
        <RotateDialog webhookId={webhook.id} onMade={(made) => onOpen({ what: 'secret', made })} onClose={close} />
      ) : null}
      {open?.what === 'secret' ? (
        <SecretDialog
          secret={open.made.secret}
          note={
            open.made.previous_secret_until
              ? t('secret.overlap', { when: when(open.made.previous_secret_until) })
              : t('secret.noOverlap')
          }
          onClose={close}
        />
      ) : null}
    </>
  )
}

function DeleteDialog({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const t = useTranslations('webhooks.delete')
  const navigate = route.useNavigate()
  const org = useOrg()
  const remove = useDeleteWebhook(webhook.id)
  return (
    <ConfirmDialog
      title={t('title')}
      confirm={t('confirm')}
      isBusy={remove.isPending}
      error={remove.error}
      onConfirm={() =>
        remove.mutate(undefined, {
          onSuccess: () => {
            toast.done(t('done'))
            void navigate({ to: '/$org/settings/webhooks', params: { org } })
          },
        })
      }
      onClose={onClose}
    >
      <p>{t('text', { url: webhook.url })}</p>
      {webhook.pending > 0 ? <p>{t('waiting', { count: webhook.pending })}</p> : null}
    </ConfirmDialog>
  )
}
