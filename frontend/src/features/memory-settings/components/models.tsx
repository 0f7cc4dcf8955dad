import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { ConfirmDialog } from '@/components/confirm-dialog'
import { Panel } from '@/components/panel'
import { useFailed } from '@/components/plan-limit'
import { Progress } from '@/components/progress'
import { SelectField } from '@/components/select'
import { ErrorState, Skeleton } from '@/components/states'
import { toast } from '@/components/toast'
import { useOrg } from '@/hooks/use-account'
import { type EmbeddingModel, type Epoch, epochsQuery, type Step, useEpochStep } from '../epochs'

/** The model by which texts are compared: which one answers, which others have read the memory, and the way to them. */
export default function Models() {
  const t = useTranslations('embeddingModels')
  const epochs = useQuery(epochsQuery(useOrg()))
  const step = useEpochStep()
  const failed = useFailed()
  const [dropping, setDropping] = useState<Epoch | null>(null)
  const kept = epochs.data?.results.filter(({ status }) => status !== 'dropped')
  const free = epochs.data?.models.filter(
    ({ name }) => !kept?.some(({ model, status }) => model === name && status !== 'failed'),
  )
  function take(next: Step) {
    step.mutate(next, {
      onSuccess: () => {
        setDropping(null)
        toast.done(t(`done.${isBack(next) ? 'rollback' : next.kind}`))
      },
      onError: (error) => next.kind !== 'drop' && failed(error, (reason) => t('notDone', { reason })),
    })
  }
  return (
    <Panel title={t('title')} note={t('note')}>
      {kept === undefined ? (
        epochs.isError ? (
          <ErrorState error={epochs.error} onRetry={() => void epochs.refetch()} isRetrying={epochs.isRefetching} />
        ) : (
          <Skeleton className="h-16" />
        )
      ) : (
        <div className="grid gap-4 text-ui">
          <ul className="grid gap-4">
            {kept.map((epoch) => (
              <Row
                key={epoch.epoch_id}
                epoch={epoch}
                isBusy={step.isPending}
                onSwitch={() => take({ kind: 'switch', epoch })}
                onDrop={() => setDropping(epoch)}
              />
            ))}
          </ul>
          {free?.length ? (
            <Start models={free} isBusy={step.isPending} onStart={(model) => take({ kind: 'start', model })} />
          ) : null}
        </div>
      )}
      {dropping ? (
        <ConfirmDialog
          title={t('dropTitle')}
          confirm={t('drop')}
          isBusy={step.isPending}
          error={step.error}
          onConfirm={() => take({ kind: 'drop', epoch: dropping })}
          onClose={() => {
            step.reset()
            setDropping(null)
          }}
        >
          <p>{t('dropText', { model: dropping.model })}</p>
        </ConfirmDialog>
      ) : null}
    </Panel>
  )
}

type RowProps = { epoch: Epoch; isBusy: boolean; onSwitch: () => void; onDrop: () => void }

function Row({ epoch, isBusy, onSwitch, onDrop }: RowProps) {
  const t = useTranslations('embeddingModels')
  const { number } = useFormatter()
  const { model, status, filled, memories } = epoch
  const read = t('read', { filled: number(filled), memories: number(memories) })
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-2">
      <div className="grid min-w-56 flex-1 gap-1">
        <code className="font-mono text-xs break-all">{model}</code>
        <span className="text-muted">
          {t(`status.${statusOf(status)}`)} · {read}
        </span>
        {status === 'filling' ? (
          <Progress label={t('progress', { model })} text={read} done={filled / (memories || 1)} settled={0} />
        ) : null}
      </div>
      {status === 'active' ? null : (
        <div className="flex gap-2">
          {status === 'ready' || status === 'standby' ? (
            <Button
              size="small"
              aria-label={t(status === 'ready' ? 'switchTo' : 'rollbackTo', { model })}
              isBusy={isBusy}
              onClick={onSwitch}
            >
              {t(status === 'ready' ? 'switch' : 'rollback')}
            </Button>
          ) : null}
          <Button size="small" look="danger" aria-label={t('dropOne', { model })} onClick={onDrop}>
            {t('drop')}
          </Button>
        </div>
      )}
    </li>
  )
}

type StartProps = { models: EmbeddingModel[]; isBusy: boolean; onStart: (model: string) => void }

function Start({ models, isBusy, onStart }: StartProps) {
  const t = useTranslations('embeddingModels')
  const [chosen, setChosen] = useState('')
  const model = models.find(({ name }) => name === chosen) ?? models[0]
  return (
    <form
      className="grid gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        if (model && !isBusy) onStart(model.name)
      }}
    >
      <SelectField
        label={t('other')}
        hint={model?.is_remote ? t('remote') : t('startText')}
        value={model?.name ?? ''}
        onChange={setChosen}
        options={models.map(({ name, dimension }) => ({ value: name, label: t('model', { name, dimension }) }))}
      />
      <div className="flex justify-end">
        <Button type="submit" size="small" isBusy={isBusy}>
          {t('start')}
        </Button>
      </div>
    </form>
  )
}

function isBack(step: Step) {
  return step.kind === 'switch' && step.epoch.status === 'standby'
}

const STATUSES = ['filling', 'ready', 'active', 'standby', 'failed'] as const

function statusOf(status: string) {
  return STATUSES.find((one) => one === status) ?? 'failed'
}
