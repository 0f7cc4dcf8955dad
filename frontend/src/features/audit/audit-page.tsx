import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Download, ListX, ScrollText, ShieldCheck } from 'lucide-react'
import { useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { Ago } from '@/components/ago'
import { Button } from '@/components/button'
import { Page } from '@/components/page'
import { type PlainColumn, PlainTable } from '@/components/plain-table'
import { useFailed } from '@/components/plan-limit'
import { RowButton } from '@/components/row-button'
import { EmptyState, ErrorState } from '@/components/states'
import { eventTypesQuery } from '@/features/events'
import { useOrg } from '@/hooks/use-account'
import { rowButton, useRowKeys } from '@/hooks/use-row-keys'
import { cn } from '@/lib/cn'
import { saveFile } from '@/lib/save-file'
import { EntryPanel } from './components/entry-panel'
import { FilterBar } from './components/filter-bar'
import { VerifyResult } from './components/verify'
import { useActorName } from './components/words'
import { type AuditSearch, conditionsOf, dayOf, isNarrowed, UNNARROWED } from './filters'
import { type AuditEntry, auditQuery, exportAudit, type Format, useVerify } from './queries'

const route = getRouteApi('/$org/settings/audit')

/** Who did what in the organisation. */
export function AuditPage() {
  const t = useTranslations('audit')
  const { number } = useFormatter()
  const org = useOrg()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const log = useInfiniteQuery(auditQuery(org, conditionsOf(search)))
  const types = useQuery(eventTypesQuery(org))
  const [checked, setChecked] = useState(0)
  const verify = useVerify(setChecked)
  const rows = log.data?.pages.flatMap((page) => page.results)
  const total = log.data?.pages[0]?.total
  const shown = rows?.find(({ position }) => String(position) === search.entry)
  const describe = (action: string) => types.data?.results.find(({ name }) => name === action)?.description
  function change(next: Partial<AuditSearch>, replace = false) {
    void navigate({ search: (before) => ({ ...before, ...next }), replace, resetScroll: false })
  }
  useRowKeys(
    rows?.map(({ position }) => String(position)),
    search.entry,
    (entry) => change({ entry }, true),
  )
  return (
    <Page
      title={t('title')}
      note={t('note')}
      hasAside={search.entry !== undefined}
      actions={
        <>
          <ExportButton search={search} format="csv" />
          <ExportButton search={search} format="jsonl" />
          <Button
            isBusy={verify.isPending}
            onClick={() => {
              setChecked(0)
              verify.mutate()
            }}
          >
            {verify.isPending ? null : <ShieldCheck aria-hidden />}
            {t('verify.button')}
          </Button>
        </>
      }
    >
      <VerifyResult
        isBusy={verify.isPending}
        checked={checked}
        verdict={verify.data}
        error={verify.error}
        onClose={verify.reset}
      />
      <FilterBar search={search} onChange={(next) => change({ ...next, entry: undefined })} />
      <div
        className={cn(
          '@container overflow-hidden rounded-lg border bg-surface transition-opacity',
          log.isPlaceholderData && 'opacity-60',
        )}
      >
        {log.isError && !rows ? (
          <ErrorState error={log.error} onRetry={() => void log.refetch()} isRetrying={log.isRefetching} />
        ) : rows?.length !== 0 ? (
          <Rows rows={rows} openId={search.entry} describe={describe} onOpen={(entry) => change({ entry })} />
        ) : isNarrowed(search) ? (
          <EmptyState
            icon={ListX}
            title={t('nothingFits')}
            action={<Button onClick={() => change(UNNARROWED)}>{t('clear')}</Button>}
          />
        ) : (
          <EmptyState icon={ScrollText} title={t('none')} />
        )}
      </div>
      {log.hasNextPage ? (
        <Button className="self-center" isBusy={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
          {t('more', { shown: number(rows?.length ?? 0), total: number(total ?? 0) })}
        </Button>
      ) : null}
      {search.entry ? (
        <EntryPanel
          position={search.entry}
          entry={shown}
          description={shown && describe(shown.action)}
          onNarrow={(by) => change({ ...UNNARROWED, ...by, entry: search.entry })}
          onClose={() => {
            rowButton(search.entry)?.focus()
            change({ entry: undefined }, true)
          }}
        />
      ) : null}
    </Page>
  )
}

type RowsProps = {
  rows: AuditEntry[] | undefined
  openId: string | undefined
  describe: (action: string) => string | undefined
  onOpen: (entry: string | undefined) => void
}

function Rows({ rows, openId, describe, onOpen }: RowsProps) {
  const t = useTranslations('audit')
  const actorName = useActorName()
  const columns: PlainColumn<AuditEntry>[] = [
    {
      id: 'what',
      header: t('columns.what'),
      cell: ({ position, action }) => (
        <RowButton
          id={String(position)}
          isOpen={openId === String(position)}
          onPress={() => onOpen(openId === String(position) ? undefined : String(position))}
        >
          <span lang="en" className="block break-words">
            {describe(action) ?? action}
          </span>
          <code className="block font-mono text-xs font-normal break-all text-muted">{action}</code>
        </RowButton>
      ),
    },
    { id: 'who', header: t('columns.who'), className: 'break-words', cell: ({ actor }) => actorName(actor) },
    {
      id: 'on',
      header: t('columns.on'),
      className: 'text-muted @max-2xl:hidden',
      cell: ({ subject }) => (
        <span className="font-mono text-xs break-all">
          {subject.kind} {subject.id.slice(0, SHORT_ID)}
          {subject.id.length > SHORT_ID ? '…' : ''}
        </span>
      ),
    },
    {
      id: 'at',
      header: t('columns.at'),
      className: 'text-muted',
      cell: ({ occurred_at }) => <Ago at={occurred_at} />,
    },
  ]
  return (
    <PlainTable
      label={t('title')}
      columns={columns}
      rows={rows}
      idOf={({ position }) => String(position)}
      openId={openId}
    />
  )
}

// Ids end with what differs, but begin with when they were made, which tells a list's rows apart well enough.
const SHORT_ID = 13

function ExportButton({ search, format }: { search: AuditSearch; format: Format }) {
  const t = useTranslations('audit')
  const failed = useFailed()
  const download = useMutation({
    mutationFn: () => exportAudit(conditionsOf(search), format),
    onSuccess: (file) => saveFile(file, `audit-${dayOf(new Date())}.${format}`),
    onError: (error) => failed(error, (reason) => t('exportFailed', { reason })),
  })
  return (
    <Button isBusy={download.isPending} onClick={() => download.mutate()}>
      {download.isPending ? null : <Download aria-hidden />}
      {t('export', { format: format.toUpperCase() })}
    </Button>
  )
}
