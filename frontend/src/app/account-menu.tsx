import { useNavigate } from '@tanstack/react-router'
import { CircleUserRound, Keyboard, LogOut, Settings } from 'lucide-react'
import { useTranslations } from 'use-intl'
import {
  MenuGroup,
  MenuItem,
  MenuLine,
  MenuPopup,
  MenuRadio,
  MenuRadios,
  MenuRoot,
  MenuTrigger,
} from '@/components/menu'
import { toast } from '@/components/toast'
import { useAccount, useOrg } from '@/hooks/use-account'
import { useSignOut } from '@/hooks/use-sign-out'
import { chooseTheme, THEMES, type Theme, useTheme } from '@/hooks/use-theme'
import { chooseLocale, LOCALES, type Locale, useLocale } from '@/i18n/locale'

// Others are an organisation's own and have the names it gave them.
const BUILT_IN_ROLES = ['owner', 'admin', 'member', 'viewer'] as const

/** Who is signed in, the look and language of the dashboard, the keys, and the way out. */
export default function AccountMenu({ onKeys }: { onKeys: () => void }) {
  const t = useTranslations('account')
  const { user, roles } = useAccount()
  const roleNames = roles.map((role) => {
    const known = BUILT_IN_ROLES.find((one) => one === role)
    return known ? t(`roles.${known}`) : role
  })
  const org = useOrg()
  const navigate = useNavigate()
  const { theme } = useTheme()
  const locale = useLocale()
  const signOut = useSignOut(() => toast.failed(t('signOutFailed')))
  return (
    <MenuRoot>
      <MenuTrigger
        aria-label={t('menu')}
        className="grid size-8 place-items-center rounded-full text-muted hover:bg-sunken hover:text-fg"
      >
        <CircleUserRound className="size-5" aria-hidden />
      </MenuTrigger>
      <MenuPopup align="end" className="w-60">
        <div className="px-2 py-1.5">
          <p className="truncate text-ui font-medium">{user.name || user.email}</p>
          <p className="truncate text-xs text-muted">
            {[user.name && user.email, ...roleNames].filter(Boolean).join(' · ')}
          </p>
        </div>
        <MenuLine />
        <MenuGroup label={t('theme')}>
          <MenuRadios value={theme} onValueChange={(next: Theme) => chooseTheme(next)}>
            {THEMES.map((one) => (
              <MenuRadio key={one} value={one}>
                {t(`themes.${one}`)}
              </MenuRadio>
            ))}
          </MenuRadios>
        </MenuGroup>
        <MenuGroup label={t('language')}>
          <MenuRadios value={locale} onValueChange={(next: Locale) => void chooseLocale(next)}>
            {LOCALES.map((one) => (
              <MenuRadio key={one.locale} value={one.locale}>
                <span lang={one.locale}>{one.name}</span>
              </MenuRadio>
            ))}
          </MenuRadios>
        </MenuGroup>
        <MenuLine />
        <MenuItem onClick={() => void navigate({ to: '/$org/settings/profile', params: { org } })}>
          <Settings aria-hidden />
          {t('settings')}
        </MenuItem>
        <MenuItem onClick={onKeys}>
          <Keyboard aria-hidden />
          {t('keys')}
        </MenuItem>
        <MenuItem onClick={() => signOut.mutate()} disabled={signOut.isPending} closeOnClick={false}>
          <LogOut aria-hidden />
          {t('signOut')}
        </MenuItem>
      </MenuPopup>
    </MenuRoot>
  )
}
