import { useQuery } from '@tanstack/react-query'
import { Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { may } from '@/api/account'
import type { Schemas } from '@/api/client'
import { Button } from '@/components/button'
import { TextField } from '@/components/field'
import { Page } from '@/components/page'
import { Panel } from '@/components/panel'
import { ErrorState, Skeleton } from '@/components/states'
import { toast } from '@/components/toast'
import { contextQuery, dimensionName } from '@/features/concepts'
import { useAccount, useOrg } from '@/hooks/use-account'
import { DomainChoice } from './components/domain-choice'
import { domainNamed } from './domains'
import { type ContextChange, useChangeContext } from './queries'

type Context = Schemas['ContextOutput']
type Dimension = Schemas['DimensionOutput']
// As the API has them.
const MOST_DIMENSIONS = 16
const LONGEST_NAME = 50
const LONGEST_DESCRIPTION = 300

/** On which dimensions the organisation's memories are compared. */
export function MemorySettingsPage() {
  const t = useTranslations('memorySettings')
  const org = useOrg()
  const context = useQuery(contextQuery(org))
  return (
    <Page title={t('title')} note={t('note')}>
      <div className="grid w-full max-w-3xl gap-4">
        {context.isError && !context.data ? (
          <ErrorState error={context.error} onRetry={() => void context.refetch()} isRetrying={context.isRefetching} />
        ) : context.data ? (
          // What is being typed belongs to what was loaded.
          <Settings key={JSON.stringify(context.data.dimensions)} context={context.data} />
        ) : (
          <Skeleton className="h-80" />
        )}
      </div>
    </Page>
  )
}

function Settings({ context }: { context: Context }) {
  const t = useTranslations('memorySettings')
  const { number } = useFormatter()
  const canChange = may(useAccount(), 'memory:admin')
  const change = useChangeContext()
  const { memories, trash, entities } = context.counts

  function save(body: ContextChange) {
    change.mutate(body, {
      onSuccess: () => toast.done(t('saved')),
      onError: (error) => toast.failed(t('failed', { reason: error.message })),
    })
  }
  return (
    <>
      <Panel title={t('holds')}>
        <p className="text-ui text-muted tabular-nums">
          {t('counts', { memories: number(memories), trash: number(trash), entities: number(entities) })}
        </p>
      </Panel>
      {canChange ? null : <p className="text-ui text-muted">{t('readOnly')}</p>}
      <Panel title={t('domain')} note={t('domainNote')}>
        <DomainChoice
          value={domainNamed(context.domain)}
          isDisabled={!canChange || change.isPending}
          onChange={(domain) => save({ domain })}
        />
      </Panel>
      <Panel title={t('dimensions')} note={t('dimensionsNote', { count: memories })}>
        {canChange ? (
          <Dimensions dimensions={context.dimensions} isBusy={change.isPending} onSave={save} />
        ) : (
          <dl className="grid gap-2 text-ui">
            {context.dimensions.map(({ name, description }) => (
              <div key={name}>
                <dt className="font-medium">{dimensionName(name)}</dt>
                <dd className="text-muted">{description}</dd>
              </div>
            ))}
          </dl>
        )}
      </Panel>
    </>
  )
}

type Row = Dimension & { id: number }
type DimensionsProps = { dimensions: Dimension[]; isBusy: boolean; onSave: (body: ContextChange) => void }

function Dimensions({ dimensions, isBusy, onSave }: DimensionsProps) {
  const t = useTranslations('memorySettings')
  const given = dimensions.map((one, id) => ({ ...one, id }))
  const [rows, setRows] = useState<Row[]>(given)
  const isChanged = JSON.stringify(rows) !== JSON.stringify(given)
  const isComplete = rows.length > 0 && rows.every(({ name, description }) => name.trim() && description.trim())

  function edit(id: number, next: Partial<Dimension>) {
    setRows((before) => before.map((row) => (row.id === id ? { ...row, ...next } : row)))
  }
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (isComplete)
          onSave({ dimensions: rows.map((row) => ({ name: row.name.trim(), description: row.description.trim() })) })
      }}
      className="grid gap-4"
    >
      <ul className="grid gap-4">
        {rows.map(({ id, name, description }) => (
          <li key={id} className="grid items-end gap-2 sm:grid-cols-[12rem_minmax(0,1fr)_auto]">
            <TextField
              label={t('name')}
              value={name}
              maxLength={LONGEST_NAME}
              onChange={(event) => edit(id, { name: event.target.value })}
            />
            <TextField
              label={t('description')}
              value={description}
              maxLength={LONGEST_DESCRIPTION}
              onChange={(event) => edit(id, { description: event.target.value })}
            />
            <Button
              look="quiet"
              size="icon"
              className="mb-1"
              aria-label={t('remove', { name: name || '–' })}
              onClick={() => setRows((before) => before.filter((row) => row.id !== id))}
            >
              <Trash2 aria-hidden />
            </Button>
          </li>
        ))}
      </ul>
      <div className="flex flex-wrap items-center gap-2">
        <Button
          disabled={rows.length >= MOST_DIMENSIONS}
          onClick={() =>
            setRows((before) => [
              ...before,
              { id: Math.max(-1, ...before.map((row) => row.id)) + 1, name: '', description: '' },
            ])
          }
        >
          <Plus aria-hidden />
          {t('add')}
        </Button>
        <Button look="quiet" isBusy={isBusy} onClick={() => onSave({ dimensions: [] })}>
          {t('reset')}
        </Button>
        <span className="ml-auto flex gap-2">
          {isChanged ? (
            <Button look="quiet" onClick={() => setRows(given)}>
              {t('discard')}
            </Button>
          ) : null}
          <Button type="submit" look="primary" disabled={!isChanged || !isComplete} isBusy={isBusy}>
            {t('save')}
          </Button>
        </span>
      </div>
    </form>
  )
}
