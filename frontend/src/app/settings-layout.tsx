import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { ChevronDown, LockKeyhole } from 'lucide-react'
import { useRef } from 'react'
import { useTranslations } from 'use-intl'
import type { Permission } from '@/api/account'
import { Page } from '@/components/page'
import { EmptyState } from '@/components/states'
import { useAccount, useOrg } from '@/hooks/use-account'
import { isOpenTo, settingsFor, settingsItemAt } from './settings-nav'

/** The frame of the settings: where one is among them, and the page. */
export function SettingsLayout() {
  const t = useTranslations('settings')
  const account = useAccount()
  const path = useRouterState({ select: (state) => state.location.pathname })
  const here = settingsItemAt(path)
  const drawer = useRef<HTMLDetailsElement>(null)
  return (
    <div className="mx-auto flex w-full max-w-[88rem] flex-col lg:flex-row">
      <details ref={drawer} className="group border-b px-4 lg:hidden">
        <summary className="flex h-11 cursor-default list-none items-center gap-2 text-ui [&::-webkit-details-marker]:hidden">
          <span className="text-muted">{t('title')}</span>
          <span className="font-medium">{here ? t(`nav.${here.id}`) : null}</span>
          <ChevronDown className="ml-auto size-4 text-subtle group-open:rotate-180" aria-hidden />
        </summary>
        <div className="pb-4">
          <SettingsLinks onGo={() => drawer.current?.removeAttribute('open')} />
        </div>
      </details>
      <div className="w-56 shrink-0 py-5 pl-4 max-lg:hidden">
        <div className="sticky top-19">
          <SettingsLinks />
        </div>
      </div>
      <div className="min-w-0 flex-1">
        {here && !isOpenTo(account, here) ? (
          <NotOpen title={t(`nav.${here.id}`)} permission={here.permission as Permission} />
        ) : (
          <Outlet />
        )}
      </div>
    </div>
  )
}

function SettingsLinks({ onGo }: { onGo?: () => void }) {
  const t = useTranslations('settings')
  const account = useAccount()
  const org = useOrg()
  return (
    <nav aria-label={t('title')} className="grid gap-4">
      {settingsFor(account).map((section) => (
        <div key={section.id} className="grid gap-0.5">
          <p className="px-2 pb-1 text-xs font-medium text-subtle">{t(`sections.${section.id}`)}</p>
          {section.items.map(({ id, to, icon: Icon }) => (
            <Link
              key={id}
              to={to}
              params={{ org }}
              onClick={onGo}
              activeOptions={{ includeSearch: false }}
              className="flex h-8 items-center gap-2.5 rounded-md px-2 text-ui text-muted hover:bg-sunken hover:text-fg data-[status=active]:bg-sunken data-[status=active]:font-medium data-[status=active]:text-fg"
            >
              <Icon className="size-4" aria-hidden />
              {t(`nav.${id}`)}
            </Link>
          ))}
        </div>
      ))}
    </nav>
  )
}

/** Somebody has come by a link to what their role does not show. */
function NotOpen({ title, permission }: { title: string; permission: Permission }) {
  const t = useTranslations('settings.notOpen')
  return (
    <Page title={title}>
      <EmptyState icon={LockKeyhole} title={t('title')}>
        <p>
          {t.rich('text', { permission, code: (text) => <code className="font-mono text-xs text-fg">{text}</code> })}
        </p>
      </EmptyState>
    </Page>
  )
}
