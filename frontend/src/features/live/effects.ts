import type { QueryClient } from '@tanstack/react-query'
import type { Schemas } from '@/api/client'
import { paced } from '@/lib/paced'
import { tellLive } from './store'

// What is cheap follows at once, at most every few seconds while much happens; figures over all memories are not cheap.
const LISTS = { delay: 1000, gap: 4000 }
const FIGURES = { delay: 3000, gap: 15_000 }

/** Has what the pages show follow what has happened; rows of the list do not jump: the list says itself what is new. */
export function liveEffects(client: QueryClient, org: string) {
  let touched = new Set<string>()
  let isAll = false
  const figures = paced(() => void client.invalidateQueries({ queryKey: [org, 'insights'] }), FIGURES)
  const lists = paced(() => {
    const [ids, all] = [touched, isAll]
    touched = new Set()
    isAll = false
    for (const what of ['facets', 'one', 'history'])
      void client.invalidateQueries({
        predicate: ({ queryKey: [of, area, kind, id] }) =>
          of === org && area === 'memories' && kind === what && (what === 'facets' || all || ids.has(String(id))),
      })
    void client.invalidateQueries({ queryKey: [org, 'operations', 'list'] })
    void client.invalidateQueries({ queryKey: [org, 'reviews', 'list'] })
    // Nothing jumps in an empty list.
    void client.invalidateQueries({
      queryKey: [org, 'memories', 'list'],
      predicate: ({ state }) => (state.data as { total?: number } | undefined)?.total === 0,
    })
    // Pictures, neighbours and other pages are read anew when they are next opened.
    for (const area of ['graph', 'map', 'entities', 'clusters', 'context'])
      void client.invalidateQueries({ queryKey: [org, area], refetchType: 'none' })
    for (const kind of ['list', 'related', 'concepts'])
      void client.invalidateQueries({ queryKey: [org, 'memories', kind], refetchType: 'none' })
    tellLive({ changedAt: Date.now() })
  }, LISTS)
  return {
    happened({ subject }: Schemas['EventOutput']) {
      if (subject.kind === 'memory') touched.add(subject.id)
      lists.soon()
      figures.soon()
    },
    /** It is not known what has happened. */
    anything() {
      isAll = true
      lists.soon()
      figures.soon()
    },
    flush() {
      lists.flush()
      figures.flush()
    },
  }
}
