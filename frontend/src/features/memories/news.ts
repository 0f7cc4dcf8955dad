import { useQuery } from '@tanstack/react-query'
import { useLive } from '@/features/live'
import { aheadQuery, type ListParameters, type MemoryPage } from './queries'

// What is heard of before a page has come may still have been too late for it.
const OVERLAP_MS = 5000

export type News = { added: number; changed: number }
type Shown = { data: MemoryPage | undefined; dataUpdatedAt: number; isPlaceholderData: boolean }

/** What is different by now from a page of the list that is shown, once it is heard that something has changed. */
export function useNews(org: string, parameters: ListParameters, shown: Shown): News | null {
  const { changedAt } = useLive()
  const isOlder = !shown.isPlaceholderData && changedAt > shown.dataUpdatedAt - OVERLAP_MS
  const { data } = useQuery({
    ...aheadQuery(org, parameters, changedAt),
    enabled: shown.data !== undefined && isOlder,
  })
  if (!shown.data || !data || !isOlder) return null
  const isNewestFirst = parameters.ordering === '-recorded_at' && !parameters.cursor
  const news = newsOf(shown.data, data, isNewestFirst)
  return news.added + news.changed > 0 ? news : null
}

/** Compares a page that is shown with the same page as it is now. */
export function newsOf(shown: MemoryPage, now: MemoryPage, isNewestFirst: boolean): News {
  const before = new Map(shown.results.map((memory) => [memory.memory_id, memory]))
  const after = new Set(now.results.map(({ memory_id }) => memory_id))
  // Those on top of what is shown; on other pages, and in other orders, new ones are anywhere.
  const first = now.results.findIndex(({ memory_id }) => before.has(memory_id))
  const onTop = isNewestFirst ? (first === -1 ? now.results.length : first) : 0
  const added = Math.max(onTop, now.total - shown.total, 0)
  const revised = now.results.filter(({ memory_id, revision }) => {
    const known = before.get(memory_id)
    return known !== undefined && known.revision !== revision
  })
  // New ones push the last ones to the next page.
  const last =
    now.next === null ? shown.results.length - 1 : shown.results.findLastIndex((one) => after.has(one.memory_id))
  const gone = shown.results.slice(0, last + 1).filter(({ memory_id }) => !after.has(memory_id))
  return { added, changed: revised.length + gone.length }
}
