import { Link, Outlet, useNavigate, useRouter, useRouterState } from '@tanstack/react-router'
import { CircleUserRound, Menu as MenuIcon, Search, X } from 'lucide-react'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { useTranslations } from 'use-intl'
import { may } from '@/api/account'
import { Brand } from '@/components/brand'
import { Button } from '@/components/button'
import { Keycap, keyName } from '@/components/keycap'
import { TitleContext } from '@/components/page'
import { PlansContext } from '@/components/plan-limit'
import { useAccount, useOrg } from '@/hooks/use-account'
import { useKeys } from '@/hooks/use-keys'
import { loadMessages } from '@/i18n/locale'
import { cn } from '@/lib/cn'
import { focusOnce } from '@/lib/focus-once'
import { lazyPart } from '@/lib/lazy-part'
import { navFor } from './nav'
import { OrganisationMark } from './organisation-mark'
import { loadPartsEarly } from './parts'

// Menus bring as much as all the rest of the frame: it stands before they come.
const AccountMenu = lazyPart(() => import('./account-menu'))
const OrganisationMenu = lazyPart(() => import('./organisation-menu'))
const Palette = lazy(async () => {
  // It names the pages of the settings, too.
  const [palette] = await Promise.all([import('./palette'), loadMessages('settings')])
  return palette
})
// What they say comes after the page that one wants to see.
const QuotaMeter = lazy(async () => {
  const [meter] = await Promise.all([import('./quota-meter'), loadMessages('billing')])
  return meter
})
const BillingBanner = lazy(async () => {
  const [banner] = await Promise.all([import('./billing-banner'), loadMessages('billing')])
  return banner
})
const LiveUpdates = lazy(async () => ({ default: (await import('@/features/live')).LiveUpdates }))
const StatusBanner = lazy(() => import('./status-banner'))
const KeySheet = lazy(() => import('./key-sheet'))

/** The frame of all pages of an organisation: navigation, bar, palette, keys. */
export function Shell() {
  const t = useTranslations('shell')
  const account = useAccount()
  const org = useOrg()
  const navigate = useNavigate()
  const [overlay, setOverlay] = useState<'palette' | 'keys' | null>(null)
  // The drawer is open for the path it was opened on: going somewhere closes it.
  const [drawerPath, setDrawerPath] = useState<string | null>(null)
  const path = useRouterState({ select: (state) => state.location.pathname })
  const isDrawerOpen = drawerPath === path
  const seesBilling = may(account, 'billing:read')
  const opener = useRef<HTMLButtonElement>(null)
  function closeDrawer() {
    // What is behind an open drawer takes no focus, so it has to be gone first.
    flushSync(() => setDrawerPath(null))
    opener.current?.focus()
  }
  const router = useRouter()
  useEffect(() => loadPartsEarly(router), [router])

  const pages = navFor(account).flatMap((section) => section.items)
  useKeys({
    'mod+k': () => setOverlay((open) => (open === 'palette' ? null : 'palette')),
    '?': () => setOverlay('keys'),
    Escape: isDrawerOpen ? closeDrawer : undefined,
    ...Object.fromEntries(
      pages.map((item) => [`g ${item.key}`, () => void navigate({ to: item.to, params: { org } })]),
    ),
  })
  return (
    <TitleContext value={account.org.name}>
      <PlansContext value={{ org, mayChange: may(account, 'billing:write') }}>
        <a
          href="#main"
          className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-raised focus:px-3 focus:py-2 focus:shadow-float"
        >
          {t('skip')}
        </a>
        <div className="min-h-dvh has-[[data-banner]]:[--banner:2.8125rem] md:grid md:grid-cols-[15rem_minmax(0,1fr)]">
          {isDrawerOpen ? (
            <div aria-hidden className="fixed inset-0 z-20 bg-black/40 md:hidden" onClick={closeDrawer} />
          ) : null}
          <Sidebar isOpen={isDrawerOpen} onClose={closeDrawer} />
          <div className="flex min-w-0 flex-col" inert={isDrawerOpen}>
            <header className="sticky top-0 z-10 flex h-14 items-center gap-2 border-b bg-bg px-4 md:px-6">
              <Button
                look="quiet"
                size="icon"
                ref={opener}
                className="md:hidden"
                aria-label={t('openNav')}
                aria-expanded={isDrawerOpen}
                onClick={() => setDrawerPath(path)}
              >
                <MenuIcon aria-hidden />
              </Button>
              <button
                type="button"
                onClick={() => setOverlay('palette')}
                className="flex h-8 min-w-0 flex-1 items-center gap-2 rounded-md border bg-surface px-2.5 text-ui text-subtle hover:border-line-strong sm:max-w-sm"
              >
                <Search className="size-4 shrink-0" aria-hidden />
                <span className="truncate">{t('jump')}</span>
                <span className="ml-auto max-sm:hidden">
                  <Keycap>{keyName('mod+k')}</Keycap>
                </span>
              </button>
              <div className="ml-auto flex items-center gap-1">
                {may(account, 'memory:read') ? (
                  <Suspense fallback={null}>
                    <LiveUpdates />
                  </Suspense>
                ) : null}
                <Suspense fallback={<CircleUserRound className="m-1.5 size-5 text-muted" aria-hidden />}>
                  <AccountMenu onKeys={() => setOverlay('keys')} />
                </Suspense>
              </div>
            </header>
            <Suspense fallback={null}>
              <StatusBanner />
            </Suspense>
            {seesBilling ? (
              <Suspense fallback={null}>
                <BillingBanner />
              </Suspense>
            ) : null}
            <main id="main" tabIndex={-1} className="min-w-0 flex-1 outline-none">
              <Outlet />
            </main>
          </div>
        </div>
        <Suspense fallback={null}>
          {overlay === 'palette' ? (
            <Palette onClose={() => setOverlay(null)} onKeys={() => setOverlay('keys')} />
          ) : null}
          {overlay === 'keys' ? <KeySheet onClose={() => setOverlay(null)} /> : null}
        </Suspense>
      </PlansContext>
    </TitleContext>
  )
}

function Sidebar({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const t = useTranslations()
  const account = useAccount()
  const org = useOrg()
  return (
    <aside
      aria-label={t('shell.nav')}
      className={cn(
        'fixed inset-y-0 left-0 z-30 flex w-60 flex-col gap-4 border-r bg-bg px-3 py-3 md:sticky md:top-0 md:z-auto md:h-dvh md:w-auto',
        !isOpen && 'max-md:hidden',
      )}
    >
      {isOpen ? (
        <div className="flex items-center justify-between pl-2 md:hidden">
          <Brand />
          <Button ref={focusOnce} look="quiet" size="icon" aria-label={t('shell.closeNav')} onClick={onClose}>
            <X aria-hidden />
          </Button>
        </div>
      ) : null}
      <Suspense
        fallback={
          <span className="flex h-10 min-w-0 items-center gap-2.5 px-2">
            <OrganisationMark />
          </span>
        }
      >
        <OrganisationMenu />
      </Suspense>
      <nav aria-label={t('shell.nav')} className="grid gap-4 overflow-y-auto">
        {navFor(account).map((section) => (
          <div key={section.id ?? ''} className="grid gap-0.5">
            {section.id ? (
              <p className="px-2 pb-1 text-xs font-medium text-subtle">{t(`navSections.${section.id}`)}</p>
            ) : null}
            {section.items.map(({ id, to, icon: Icon }) => (
              <Link
                key={id}
                to={to}
                params={{ org }}
                activeOptions={{ exact: to === '/$org', includeSearch: false }}
                className="flex h-8 items-center gap-2.5 rounded-md px-2 text-ui text-muted hover:bg-sunken hover:text-fg data-[status=active]:bg-sunken data-[status=active]:font-medium data-[status=active]:text-fg"
              >
                <Icon className="size-4" aria-hidden />
                {t(`nav.${id}`)}
              </Link>
            ))}
          </div>
        ))}
      </nav>
      {may(account, 'billing:read') ? (
        <div className="mt-auto">
          <Suspense fallback={null}>
            <QuotaMeter />
          </Suspense>
        </div>
      ) : null}
    </aside>
  )
}
