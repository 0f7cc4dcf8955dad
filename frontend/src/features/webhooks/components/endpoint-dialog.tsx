import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { TextField } from '@/components/field'
import { Loaded } from '@/components/loaded'
import { Problem } from '@/components/problem'
import { Segmented } from '@/components/segmented'
import { toast } from '@/components/toast'
import { eventTypesQuery } from '@/features/events'
import { useOrg } from '@/hooks/use-account'
import { fieldProblem } from '@/lib/form-problem'
import { type NewWebhook, useChangeWebhook, useCreateWebhook, type Webhook, type WebhookRequest } from '../queries'
import { EventPicker } from './event-picker'

type CreateProps = { onMade: (made: NewWebhook) => void; onClose: () => void }

/** Makes an endpoint. */
export function CreateDialog({ onMade, onClose }: CreateProps) {
  const create = useCreateWebhook()
  return (
    <EndpointDialog
      what="create"
      isBusy={create.isPending}
      error={create.error}
      onSubmit={(body) => create.mutate(body, { onSuccess: onMade })}
      onClose={onClose}
    />
  )
}

/** Changes where an endpoint is, and what it is told. */
export function EditDialog({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const t = useTranslations('webhooks.form')
  const change = useChangeWebhook(webhook.id)
  return (
    <EndpointDialog
      what="edit"
      before={webhook}
      isBusy={change.isPending}
      error={change.error}
      onSubmit={(body) =>
        change.mutate(body, {
          onSuccess: () => {
            toast.done(t('saved'))
            onClose()
          },
        })
      }
      onClose={onClose}
    />
  )
}

type Props = {
  what: 'create' | 'edit'
  before?: Webhook
  isBusy: boolean
  error: unknown
  onSubmit: (body: Required<WebhookRequest>) => void
  onClose: () => void
}

function EndpointDialog({ what, before, isBusy, error, onSubmit, onClose }: Props) {
  const t = useTranslations('webhooks.form')
  const types = useQuery(eventTypesQuery(useOrg()))
  const [url, setUrl] = useState(before?.url ?? '')
  const [description, setDescription] = useState(before?.description ?? '')
  const [chosen, setChosen] = useState(new Set(before?.event_types))
  const [isAll, setAll] = useState(chosen.size === 0)
  function submit(event: FormEvent) {
    event.preventDefault()
    // The catalogue may know more types than this build.
    const event_types = (isAll ? [] : [...chosen].sort()) as NonNullable<WebhookRequest['event_types']>
    onSubmit({ url: url.trim(), description: description.trim(), event_types })
  }
  return (
    <Dialog title={t(what)} isOpen onClose={onClose} isWide>
      <form onSubmit={submit} className="grid gap-4">
        <TextField
          label={t('url')}
          hint={t('urlHint')}
          type="url"
          value={url}
          required
          maxLength={2000}
          autoComplete="off"
          spellCheck={false}
          placeholder="https://"
          onChange={(event) => setUrl(event.target.value)}
          error={fieldProblem(error, 'url')}
        />
        <TextField
          label={t('description')}
          hint={t('descriptionHint')}
          value={description}
          maxLength={200}
          autoComplete="off"
          onChange={(event) => setDescription(event.target.value)}
          error={fieldProblem(error, 'description')}
        />
        <div className="grid justify-items-start gap-2">
          <p className="text-ui font-medium">{t('which')}</p>
          <Segmented
            label={t('which')}
            value={isAll ? 'all' : 'some'}
            options={[
              { value: 'all', label: t('all') },
              { value: 'some', label: t('some') },
            ]}
            onChange={(next) => setAll(next === 'all')}
          />
        </div>
        {isAll ? null : (
          <Loaded query={types}>
            {({ results }) => (
              <EventPicker types={results.filter(({ in_feed }) => in_feed)} chosen={chosen} onChange={setChosen} />
            )}
          </Loaded>
        )}
        <Problem error={error} fields={['url', 'description']} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" look="primary" isBusy={isBusy} disabled={!url.trim() || (!isAll && chosen.size === 0)}>
            {t(what === 'create' ? 'submitCreate' : 'submitEdit')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
