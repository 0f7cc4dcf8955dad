import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useRouterState } from '@tanstack/react-router'
import { ChevronLeft, ChevronRight, Hourglass, Layers, ListFilter, Trash2 } from 'lucide-react'
import { type RefObject, useRef, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { may } from '@/api/account'
import { Ago } from '@/components/ago'
import { Button } from '@/components/button'
import { type Column, DataTable } from '@/components/data-table'
import { Page } from '@/components/page'
import { ScrollRegion } from '@/components/scroll-region'
import { EmptyState, ErrorState } from '@/components/states'
import { useAccount, useOrg } from '@/hooks/use-account'
import { useKeys } from '@/hooks/use-keys'
import { rowButton, useRowKeys } from '@/hooks/use-row-keys'
import { BringingBack } from './components/bringing-back'
import { FilterBar } from './components/filter-bar'
import { FirstMemory } from './components/first-memory'
import { PeekPanel } from './components/peek-panel'
import { SelectionBar } from './components/selection-bar'
import { conditionsOf, isNarrowed, type MemoriesSearch, momentOf } from './filters'
import { headline, typeName } from './headline'
import { type News, useNews } from './news'
import { actionIn, type Memory, memoriesQuery, PAGE_SIZE, type Target, useBringBack, useMoveMemories } from './queries'

const route = getRouteApi('/$org/memories/')

export function MemoriesPage() {
  const t = useTranslations('memories')
  const { number } = useFormatter()
  const org = useOrg()
  const canWrite = may(useAccount(), 'memory:write')
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const trail = useRouterState({ select: (state) => state.location.state.trail })
  const columns = useColumns()
  const findBox = useRef<HTMLInputElement>(null)

  const state = search.state ?? 'live'
  const conditions = conditionsOf(search)
  const ordering = search.sort ?? '-recorded_at'
  const isPast = search.at !== undefined
  const parameters = { ...conditions, ...momentOf(search), state, ordering, cursor: search.cursor } as const
  const list = useQuery(memoriesQuery(org, parameters))
  const news = useNews(org, parameters, list)
  const rows = list.data?.results
  const total = list.data?.total ?? 0
  const selection = useSelection(JSON.stringify([conditions, state]))
  const move = useMoveMemories(state === 'trash' ? 'restore' : 'trash')
  const bringBack = useBringBack()
  // What was, and what is over, can be read only.
  const canAct = canWrite && !isPast && actionIn(state) !== undefined && bringBack.progress === null

  /** Narrows or orders: back to the first page. Typing replaces the address, choosing adds one. */
  function change(next: Partial<MemoriesSearch>, replace = false) {
    void navigate({ search: (now) => ({ ...now, cursor: undefined, peek: undefined, ...next }), replace })
  }
  function peek(memoryId: string | undefined, replace = false) {
    void navigate({ search: (now) => ({ ...now, peek: memoryId }), state: { trail }, replace, resetScroll: false })
  }
  function turn(cursor: string | undefined, nextTrail: string[]) {
    void navigate({ search: (now) => ({ ...now, cursor, peek: undefined }), state: { trail: nextTrail } })
  }
  function act(target: Target) {
    selection.clear()
    if (search.peek) peek(undefined, true)
    if (state === 'archived') bringBack.mutate(target)
    else move.mutate(target)
  }
  useListKeys({ rows, search, peek, selection, findBox })

  return (
    <Page
      title={t('title')}
      note={
        <span className="flex flex-wrap gap-x-2">
          {list.data ? t('count', { count: total }) : list.isPending ? t('counting') : null}
          <NewsLine news={news} onShow={() => void list.refetch()} />
        </span>
      }
      isFull
      hasAside={search.peek !== undefined}
    >
      <FilterBar search={search} onChange={change} findBox={findBox} />
      <SelectionBar
        selection={selection}
        total={total}
        pageIds={rows?.map((memory) => memory.memory_id) ?? []}
        conditions={conditions}
        state={state}
        onAct={canAct ? act : undefined}
      />
      {bringBack.progress ? <BringingBack {...bringBack.progress} /> : null}
      <ScrollRegion
        label={t('title')}
        className="@container relative min-h-64 flex-1 overflow-auto rounded-lg border bg-surface"
      >
        {list.isError && !list.data ? (
          <ErrorState error={list.error} onRetry={() => void list.refetch()} isRetrying={list.isRefetching} />
        ) : rows?.length === 0 ? (
          <NoRows search={search} onChange={change} />
        ) : (
          <DataTable
            label={t('title')}
            columns={columns}
            rows={rows}
            idOf={(memory) => memory.memory_id}
            nameOf={(memory) => headline(memory.content)}
            ordering={ordering}
            onOrder={(sort) => change({ sort: sort as MemoriesSearch['sort'] })}
            selected={selection.ids}
            onSelect={selection.select}
            onOpen={(memory) => peek(memory.memory_id === search.peek ? undefined : memory.memory_id)}
            openId={search.peek}
            isStale={list.isPlaceholderData}
          />
        )}
      </ScrollRegion>
      <nav aria-label={t('pages')} className="flex items-center justify-end gap-3 text-ui text-muted tabular-nums">
        {rows && rows.length > 0 && (trail || !search.cursor) ? (
          <span>
            {t('shown', {
              from: number((trail?.length ?? 0) * PAGE_SIZE + 1),
              to: number((trail?.length ?? 0) * PAGE_SIZE + rows.length),
              total: number(total),
            })}
          </span>
        ) : null}
        <Button disabled={!search.cursor} onClick={() => turn(trail?.at(-1) || undefined, trail?.slice(0, -1) ?? [])}>
          <ChevronLeft aria-hidden />
          {trail ? t('previousPage') : search.cursor ? t('firstPage') : t('previousPage')}
        </Button>
        <Button
          disabled={!list.data?.next}
          onClick={() => turn(list.data?.next ?? undefined, [...(trail ?? []), search.cursor ?? ''])}
        >
          {t('nextPage')}
          <ChevronRight aria-hidden />
        </Button>
      </nav>
      {search.peek ? (
        <PeekPanel
          memoryId={search.peek}
          listed={rows?.find((memory) => memory.memory_id === search.peek)}
          state={state}
          isPast={isPast}
          onClose={() => {
            rowButton(search.peek)?.focus()
            peek(undefined, true)
          }}
          onAct={canAct ? act : undefined}
        />
      ) : null}
    </Page>
  )
}

/** What others have changed: rows stay where they are until somebody wants to see it. */
function NewsLine({ news, onShow }: { news: News | null; onShow: () => void }) {
  const t = useTranslations('news')
  const parts = news
    ? [
        ...(news.added > 0 ? [t('added', { count: news.added })] : []),
        ...(news.changed > 0 ? [t('changed', { count: news.changed })] : []),
      ]
    : []
  return (
    <span role="status">
      {news ? (
        <button
          type="button"
          onClick={onShow}
          className="rounded font-medium text-accent-text underline decoration-transparent underline-offset-2 hover:decoration-current"
        >
          {parts.join(', ')}: {t('show')}
        </button>
      ) : null}
    </span>
  )
}

function useColumns(): Column<Memory>[] {
  const t = useTranslations('memories.columns')
  return [
    { id: 'content', header: t('memory'), cell: (memory) => headline(memory.content) },
    {
      id: 'memory_type',
      header: t('type'),
      cell: (memory) => typeName(memory.memory_type),
      isSortable: true,
      className: 'w-40 @max-xl:hidden',
    },
    {
      id: 'source',
      header: t('source'),
      cell: (memory) => memory.source,
      isSortable: true,
      className: 'w-36 @max-4xl:hidden',
    },
    {
      id: 'occurred_at',
      header: t('occurred'),
      cell: (memory) => <Ago at={memory.occurred_at} />,
      isSortable: true,
      className: 'w-32',
    },
    {
      id: 'recorded_at',
      header: t('recorded'),
      cell: (memory) => <Ago at={memory.recorded_at} />,
      isSortable: true,
      className: 'w-36 @max-3xl:hidden',
    },
  ]
}

function NoRows({ search, onChange }: { search: MemoriesSearch; onChange: (next: Partial<MemoriesSearch>) => void }) {
  const t = useTranslations('memories')
  if (isNarrowed(search)) {
    const clear = { q: undefined, type: undefined, source: undefined, range: undefined, from: undefined, to: undefined }
    return (
      <EmptyState
        icon={ListFilter}
        title={t('nothingFits.title')}
        action={<Button onClick={() => onChange(clear)}>{t('clear')}</Button>}
      >
        {t('nothingFits.text')}
      </EmptyState>
    )
  }
  if (search.state === 'trash') {
    return (
      <EmptyState icon={Trash2} title={t('emptyTrash.title')}>
        {t('emptyTrash.text')}
      </EmptyState>
    )
  }
  if (search.state) {
    return (
      <EmptyState icon={Hourglass} title={t(`${search.state}None.title`)}>
        {t(`${search.state}None.text`)}
      </EmptyState>
    )
  }
  if (search.at) {
    return (
      <EmptyState icon={Hourglass} title={t('past.none')}>
        {t('past.noneText')}
      </EmptyState>
    )
  }
  if (search.cursor) {
    return (
      <EmptyState
        icon={Layers}
        title={t('emptyPage.title')}
        action={<Button onClick={() => onChange({})}>{t('firstPage')}</Button>}
      />
    )
  }
  return <FirstMemory />
}

export type Selection = {
  ids: ReadonlySet<string>
  /** All that match are meant, on other pages too. */
  isAll: boolean
  select: (ids: ReadonlySet<string>) => void
  selectAll: () => void
  clear: () => void
}

/** What is selected among the rows that certain conditions give; with other conditions nothing is. */
function useSelection(under: string): Selection {
  const [kept, setKept] = useState({ under, ids: new Set<string>() as ReadonlySet<string>, isAll: false })
  const now = kept.under === under ? kept : { ids: new Set<string>(), isAll: false }
  return {
    ids: now.ids,
    isAll: now.isAll,
    select: (ids) => setKept({ under, ids, isAll: false }),
    selectAll: () => setKept({ under, ids: now.ids, isAll: true }),
    clear: () => setKept({ under, ids: new Set(), isAll: false }),
  }
}

type ListKeys = {
  rows: Memory[] | undefined
  search: MemoriesSearch
  peek: (memoryId: string | undefined, replace?: boolean) => void
  selection: Selection
  findBox: RefObject<HTMLInputElement | null>
}

/** J and K go through the rows, and what is open follows; X selects. */
function useListKeys({ rows = [], search, peek, selection, findBox }: ListKeys) {
  const ids = rows.map((memory) => memory.memory_id)
  useRowKeys(ids, search.peek, (memoryId) => peek(memoryId, true))
  function toggle() {
    const id = search.peek ?? document.activeElement?.getAttribute('data-row') ?? ''
    if (!ids.includes(id)) return
    const next = new Set(selection.ids)
    if (!next.delete(id)) next.add(id)
    selection.select(next)
  }
  useKeys({ x: toggle, '/': () => findBox.current?.focus() })
}
