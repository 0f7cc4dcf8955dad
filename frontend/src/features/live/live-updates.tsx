import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useTranslations } from 'use-intl'
import { answerOf, api, type Schemas } from '@/api/client'
import { Button } from '@/components/button'
import { useOrg } from '@/hooks/use-account'
import { cn } from '@/lib/cn'
import { liveEffects } from './effects'
import { follow } from './follow'
import { choosePaused, isPausedByChoice, tellLive, useLive } from './store'

const CHOSEN = 'lift:live'

/** Keeps pages up to date while they are looked at, and says whether it does; a press stops and resumes it. */
export function LiveUpdates() {
  const t = useTranslations('live')
  const org = useOrg()
  const client = useQueryClient()
  const { state } = useLive()
  useEffect(() => liveUpdates(client, org), [client, org])
  // Nothing is promised that this server, or one's role, does not give.
  if (state === 'connecting' || state === 'refused') return null
  return (
    <Button
      look="quiet"
      title={t(`about.${state}`)}
      aria-pressed={state !== 'paused'}
      aria-label={t('label')}
      data-live={state}
      onClick={() => {
        choosePaused(state !== 'paused')
        window.dispatchEvent(new Event(CHOSEN))
      }}
    >
      <span
        aria-hidden
        className={cn(
          'size-2 rounded-full',
          state === 'live'
            ? 'bg-good'
            : state === 'reconnecting'
              ? 'animate-pulse bg-series-3'
              : 'border border-line-strong bg-transparent',
        )}
      />
      <span className="max-sm:sr-only">{t(`states.${state}`)}</span>
    </Button>
  )
}

/** Follows what happens in an organisation while the tab is looked at; returns what stops it. */
function liveUpdates(client: QueryClient, org: string) {
  const effects = liveEffects(client, org)
  let seen: string | undefined
  let stop = () => {}
  function begin() {
    stop()
    effects.flush()
    if (document.visibilityState === 'hidden' || !navigator.onLine || isPausedByChoice()) {
      tellLive({ state: 'paused' })
      return
    }
    const controller = new AbortController()
    stop = () => controller.abort()
    void follow({
      after: seen,
      signal: controller.signal,
      connect: async (after, signal) =>
        (await answerOf(
          api.GET('/api/v1/memory/stream', {
            params: { header: { ...(after && { 'Last-Event-ID': after }) } },
            headers: { Accept: 'text/event-stream' },
            parseAs: 'stream',
            signal,
          }),
        )) as unknown as ReadableStream<Uint8Array>,
      onState: (state) => tellLive({ state }),
      onEvent: ({ id, name, data }) => {
        seen = id || seen
        if (name === 'reset') effects.anything()
        // What was read just before may have missed something: the list looks again.
        else if (name === 'ready') tellLive({ changedAt: Date.now() })
        else effects.happened(JSON.parse(data) as Schemas['EventOutput'])
      },
    })
  }
  begin()
  document.addEventListener('visibilitychange', begin)
  for (const name of EVENTS) window.addEventListener(name, begin)
  return () => {
    stop()
    document.removeEventListener('visibilitychange', begin)
    for (const name of EVENTS) window.removeEventListener(name, begin)
    tellLive({ state: 'connecting', changedAt: 0 })
  }
}

const EVENTS = ['online', 'offline', CHOSEN]
