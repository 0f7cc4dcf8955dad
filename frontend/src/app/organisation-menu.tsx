import { useNavigate } from '@tanstack/react-router'
import { ChevronsUpDown } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { MenuGroup, MenuPopup, MenuRadio, MenuRadios, MenuRoot, MenuTrigger } from '@/components/menu'
import { useAccount, useOrg } from '@/hooks/use-account'
import { OrganisationMark } from './organisation-mark'

/** Names the organisation, and leads to the others one belongs to; the route of each gets the token for it. */
export default function OrganisationMenu() {
  const t = useTranslations('shell')
  const account = useAccount()
  const org = useOrg()
  const navigate = useNavigate()
  return (
    <MenuRoot>
      <MenuTrigger className="flex h-10 min-w-0 items-center gap-2.5 rounded-md px-2 text-left hover:bg-sunken">
        <span className="sr-only">{t('organisation')}</span>
        <OrganisationMark />
        <ChevronsUpDown className="ml-auto size-3.5 shrink-0 text-subtle" aria-hidden />
      </MenuTrigger>
      <MenuPopup className="w-54">
        <MenuGroup label={t('organisations')}>
          <MenuRadios value={org} onValueChange={(slug: string) => navigate({ to: '/$org', params: { org: slug } })}>
            {account.orgs.map((one) => (
              <MenuRadio key={one.id} value={one.slug}>
                {one.name}
              </MenuRadio>
            ))}
          </MenuRadios>
        </MenuGroup>
      </MenuPopup>
    </MenuRoot>
  )
}
