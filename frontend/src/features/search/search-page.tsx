import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { X } from 'lucide-react'
import { Suspense, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { Page } from '@/components/page'
import { Segmented } from '@/components/segmented'
import { Skeleton } from '@/components/states'
import { PeekPanel } from '@/features/memories'
import { useOrg } from '@/hooks/use-account'
import { useKeys } from '@/hooks/use-keys'
import { lazyPart } from '@/lib/lazy-part'
import { QuestionBox } from './components/question-box'
import { Results } from './components/results'
import { Standing } from './components/standing'
import { Start } from './components/start'
import { MOST, questionOf, SEARCH_TYPES, type SearchSearch, type SearchType, STEP } from './filters'
import { searchQuery } from './queries'
import { rememberQuestion } from './recent'

const ChoiceMenus = lazyPart(() => import('./components/choice-menus'))
const route = getRouteApi('/$org/search')

export function SearchPage() {
  const t = useTranslations('search')
  const org = useOrg()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const box = useRef<HTMLInputElement>(null)
  // The time that a range counts back from stays while one looks at the answer.
  const [now] = useState(() => Date.now())
  const by = search.by ?? 'hybrid'
  const question = questionOf(search, now)
  const other = search.compare && search.compare !== by ? search.compare : null
  const found = useQuery(searchQuery(org, question))
  const compared = useQuery(searchQuery(org, other && question && { ...question, search_type: other }))

  function change(next: Partial<SearchSearch>, replace = false) {
    void navigate({ search: (before) => ({ ...before, ...next }), replace, resetScroll: false })
  }
  function ask(q: string) {
    rememberQuestion(org, q)
    if (q === search.q) void found.refetch()
    else change({ q, show: undefined, peek: undefined, why: undefined })
  }
  const results = found.data?.results ?? []
  const ids = results.map((result) => result.memory_id)
  function peek(memoryId: string | undefined) {
    change({ peek: memoryId === search.peek ? undefined : memoryId }, search.peek !== undefined)
  }
  function go(step: number) {
    const here = search.peek ?? document.activeElement?.getAttribute('data-row') ?? ''
    const next = ids[Math.min(Math.max(ids.indexOf(here) + step, 0), ids.length - 1)]
    const row = document.querySelector<HTMLElement>(`[data-row="${next}"]`)
    row?.focus()
    row?.scrollIntoView({ block: 'nearest' })
    if (search.peek && next) change({ peek: next }, true)
  }
  useKeys({ '/': () => box.current?.focus(), j: () => go(1), k: () => go(-1) })

  const ways = (
    <Ways
      by={by}
      hasArchive={search.archive !== undefined}
      isNarrowed={search.type !== undefined || search.range !== undefined || search.min !== undefined}
      onChange={change}
    />
  )
  const peeked = [...results, ...(compared.data?.results ?? [])].find(({ memory_id }) => memory_id === search.peek)
  return (
    <Page title={t('title')} note={t('note')} hasAside={search.peek !== undefined}>
      <QuestionBox question={search.q ?? ''} onAsk={ask} isBusy={found.isFetching} box={box} />
      <Choices search={search} by={by} onChange={change} />
      {found.isSuccess && !found.isPlaceholderData && search.peek && !peeked && !search.why ? (
        <p className="flex flex-wrap items-center gap-3 text-ui text-muted">
          {t('why.peekedIsNot')}
          <Button size="small" onClick={() => change({ why: search.peek })}>
            {t('why.ask')}
          </Button>
        </p>
      ) : null}
      {question && search.why ? (
        <Standing
          memoryId={search.why}
          questions={other ? [question, { ...question, search_type: other }] : [question]}
          onChange={change}
        />
      ) : null}
      {!question ? (
        <Start onAsk={ask} />
      ) : other ? (
        <div className="grid items-start gap-4 lg:grid-cols-2">
          {(
            [
              [by, found, compared],
              [other, compared, found],
            ] as const
          ).map(([type, own, its], place) => (
            <section key={type} aria-labelledby={`by-${type}`} className="grid min-w-0 gap-3">
              <div className="flex h-8 items-center justify-between">
                <h2 id={`by-${type}`} className="text-ui font-semibold">
                  {t(`by.${type}`)}
                </h2>
                {place === 1 ? (
                  <Button
                    look="quiet"
                    size="icon"
                    aria-label={t('endCompare')}
                    onClick={() => change({ compare: undefined })}
                  >
                    <X aria-hidden />
                  </Button>
                ) : null}
              </div>
              <Results
                found={own}
                openId={search.peek}
                onOpen={peek}
                ways={null}
                onWhy={(why) => change({ why })}
                others={its.data && new Map(its.data.results.map(({ memory_id }, at) => [memory_id, at + 1]))}
              />
            </section>
          ))}
        </div>
      ) : (
        <Results found={found} openId={search.peek} onOpen={peek} ways={ways} />
      )}
      {question && results.length === question.limit && question.limit < MOST ? (
        <Button
          className="justify-self-center self-center"
          isBusy={found.isFetching}
          onClick={() => change({ show: String(question.limit + STEP) as SearchSearch['show'] }, true)}
        >
          {t('more')}
        </Button>
      ) : null}
      {search.peek ? (
        <PeekPanel
          memoryId={search.peek}
          listed={peeked}
          state="live"
          onClose={() => {
            document.querySelector<HTMLElement>(`[data-row="${search.peek}"]`)?.focus()
            change({ peek: undefined }, true)
          }}
          onAct={undefined}
        />
      ) : null}
    </Page>
  )
}

type ChoicesProps = { search: SearchSearch; by: SearchType; onChange: (next: Partial<SearchSearch>) => void }

/** How is searched, among what, and beside which other way. */
function Choices({ search, by, onChange }: ChoicesProps) {
  const t = useTranslations('search')
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Segmented
        label={t('way')}
        value={by}
        options={SEARCH_TYPES.map((value) => ({ value, label: t(`by.${value}`) }))}
        onChange={(next) => onChange({ by: next === 'hybrid' ? undefined : next })}
      />
      <Suspense fallback={<Skeleton className="h-8 w-80" />}>
        <ChoiceMenus search={search} by={by} onChange={onChange} />
      </Suspense>
    </div>
  )
}

type WaysProps = {
  by: SearchType
  hasArchive: boolean
  isNarrowed: boolean
  onChange: (next: Partial<SearchSearch>) => void
}

/** What one can try when nothing was found. */
function Ways({ by, hasArchive, isNarrowed, onChange }: WaysProps) {
  const t = useTranslations('search')
  return (
    <div className="flex flex-wrap justify-center gap-2">
      {isNarrowed ? (
        <Button onClick={() => onChange({ type: undefined, range: undefined, min: undefined })}>
          {t('nothing.clear')}
        </Button>
      ) : null}
      {hasArchive ? null : <Button onClick={() => onChange({ archive: 'with' })}>{t('archive.look')}</Button>}
      {SEARCH_TYPES.filter((one) => one !== by).map((one) => (
        <Button key={one} look="quiet" onClick={() => onChange({ by: one === 'hybrid' ? undefined : one })}>
          {t('nothing.try', { way: t(`by.${one}`) })}
        </Button>
      ))}
    </div>
  )
}
