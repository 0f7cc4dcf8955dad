import { useRouter } from '@tanstack/react-router'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { useTimeZone } from 'use-intl'
import { toast } from '@/components/toast'
import { useAccount, useOrg } from '@/hooks/use-account'
import { useTheme } from '@/hooks/use-theme'
import { useLocale } from '@/i18n/locale'
import { cn } from '@/lib/cn'
import { connectModule, type ModuleContext, type ModuleRequest } from '../bridge'
import { below } from '../places'
import { callService, frameUrl } from '../queries'

// The colours that a module draws with, so that it looks like the dashboard.
const TOKENS = [
  '--bg',
  '--surface',
  '--raised',
  '--sunken',
  '--fg',
  '--muted',
  '--subtle',
  '--line',
  '--line-strong',
  '--accent',
  '--on-accent',
  '--accent-soft',
  '--accent-text',
  '--ring',
  '--danger',
  '--good',
]

type Props = {
  moduleId: string
  path: string
  title: string
  isShown: boolean
  onReady: () => void
  onProblem: (message: string) => void
}

/** A module's document, which reaches nothing of this page: it may only ask for what the bridge lists. */
export function ModuleFrame({ moduleId, path, title, isShown, onReady, onProblem }: Props) {
  const frame = useRef<HTMLIFrameElement>(null)
  const bridge = useRef<ReturnType<typeof connectModule>>(null)
  const [height, setHeight] = useState(0)
  const router = useRouter()
  const account = useAccount()
  const org = useOrg()
  const { isDark } = useTheme()
  const locale = useLocale()
  const timeZone = useTimeZone() ?? 'UTC'

  const context = useEffectEvent((): ModuleContext => {
    const style = getComputedStyle(document.documentElement)
    return {
      theme: isDark ? 'dark' : 'light',
      tokens: Object.fromEntries(TOKENS.map((name) => [name, style.getPropertyValue(name).trim()])),
      locale,
      timeZone,
      org: { id: account.org.id, name: account.org.name },
      route: `/modules/${moduleId}`,
    }
  })
  const answer = useEffectEvent((asked: ModuleRequest) => {
    switch (asked.method) {
      case 'ready':
        return onReady()
      case 'resize':
        return setHeight(Math.ceil(asked.params.height))
      case 'navigate': {
        // Of the pages of this organisation alone.
        const { pathname, search } = below(`/${org}`, asked.params.to)
        return router.history.push(pathname + search)
      }
      case 'toast':
        return toast[asked.params.kind === 'success' ? 'done' : 'failed'](asked.params.text)
      case 'fetch':
        return callService(moduleId, asked.params)
      case 'telemetry.error':
        return onProblem(asked.params.message)
    }
  })
  useEffect(() => {
    if (!frame.current) return
    const opened = connectModule(
      frame.current,
      () => context(),
      (asked) => answer(asked),
    )
    bridge.current = opened
    return () => opened.close()
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever of the context changes is told
  useEffect(() => void bridge.current?.tell(context()), [isDark, locale, timeZone, account.org.id, account.org.name])

  return (
    <iframe
      ref={frame}
      title={title}
      src={frameUrl(moduleId, path)}
      // Never with `allow-same-origin`: the module would be this page.
      sandbox="allow-scripts allow-forms allow-downloads"
      allow=""
      referrerPolicy="no-referrer"
      className={cn('block w-full rounded-lg border bg-surface', !isShown && 'invisible absolute')}
      style={{ height: Math.max(height, 1) + 2 }}
    />
  )
}
