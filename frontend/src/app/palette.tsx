import { Autocomplete } from '@base-ui/react/autocomplete'
import { Dialog } from '@base-ui/react/dialog'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Building2, FileText, Keyboard, Languages, type LucideIcon, Search, SunMoon } from 'lucide-react'
import { useDeferredValue, useState } from 'react'
import { useTranslations } from 'use-intl'
import { may } from '@/api/account'
import { backdropStyle } from '@/components/dialog'
import { Keycap } from '@/components/keycap'
import { headline, memoriesQuery } from '@/features/memories'
import { useAccount, useOrg } from '@/hooks/use-account'
import { chooseTheme, THEMES } from '@/hooks/use-theme'
import { chooseLocale, LOCALES } from '@/i18n/locale'
import { navFor } from './nav'
import { settingsFor } from './settings-nav'

type Command = { id: string; label: string; icon: LucideIcon; key?: string; run: () => void }
type Group = { value: string; items: Command[] }

// Fewer letters find too much to be of use.
const SHORTEST_QUERY = 2
const MEMORIES_SHOWN = 5

/** Everything one can go to or do, by typing a part of its name. */
export default function Palette({ onClose, onKeys }: { onClose: () => void; onKeys: () => void }) {
  const t = useTranslations('palette')
  const [text, setText] = useState('')
  const commands = useCommands(onKeys)
  const memories = useMemories(text)
  const wanted = text.trim().toLowerCase()
  const groups = [...commands, memories]
    .map((group) => ({
      ...group,
      items: group === memories ? group.items : group.items.filter((one) => one.label.toLowerCase().includes(wanted)),
    }))
    .filter((group) => group.items.length > 0)
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className={backdropStyle} />
        <Dialog.Viewport className="fixed inset-0 z-40 flex items-start justify-center px-3 pt-[12vh]">
          <Dialog.Popup
            aria-label={t('title')}
            className="w-full max-w-xl overflow-hidden rounded-xl bg-raised shadow-float"
          >
            <Autocomplete.Root
              open
              inline
              items={groups}
              // The server finds memories in its own way, so nothing is filtered here a second time.
              filter={null}
              value={text}
              onValueChange={setText}
              autoHighlight="always"
              keepHighlight
              itemToStringValue={(command: Command) => command.label}
            >
              <div className="flex items-center gap-2.5 border-b px-4">
                <Search className="size-4 shrink-0 text-subtle" aria-hidden />
                <Autocomplete.Input
                  aria-label={t('label')}
                  placeholder={t('placeholder')}
                  className="h-12 min-w-0 flex-1 bg-transparent text-sm outline-none placeholder:text-subtle"
                />
                <Dialog.Close className="rounded" aria-label={t('close')}>
                  <Keycap>Esc</Keycap>
                </Dialog.Close>
              </div>
              <Autocomplete.Empty>
                <p className="p-6 text-center text-ui text-muted">{t('nothing')}</p>
              </Autocomplete.Empty>
              <Autocomplete.List className="max-h-[50vh] overflow-y-auto p-1.5 empty:p-0">
                {(group: Group) => (
                  <Autocomplete.Group key={group.value} items={group.items} className="pb-1">
                    <Autocomplete.GroupLabel className="px-2.5 py-1 text-xs text-subtle">
                      {group.value}
                    </Autocomplete.GroupLabel>
                    <Autocomplete.Collection>
                      {(command: Command) => (
                        <Autocomplete.Item
                          key={command.id}
                          value={command}
                          onClick={() => {
                            onClose()
                            command.run()
                          }}
                          className="flex h-9 cursor-default items-center gap-2.5 rounded-md px-2.5 text-ui outline-none data-highlighted:bg-accent-soft"
                        >
                          <command.icon className="size-4 shrink-0 text-subtle" aria-hidden />
                          <span className="min-w-0 flex-1 truncate">{command.label}</span>
                          {command.key ? <Keycap>{command.key}</Keycap> : null}
                        </Autocomplete.Item>
                      )}
                    </Autocomplete.Collection>
                  </Autocomplete.Group>
                )}
              </Autocomplete.List>
            </Autocomplete.Root>
          </Dialog.Popup>
        </Dialog.Viewport>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function useCommands(onKeys: () => void): Group[] {
  const t = useTranslations()
  const navigate = useNavigate()
  const account = useAccount()
  const org = useOrg()
  const pages = navFor(account).flatMap((section) => section.items)
  return [
    {
      value: t('palette.pages'),
      items: pages.map((item) => ({
        id: item.id,
        label: t(`nav.${item.id}`),
        icon: item.icon,
        key: `g ${item.key}`,
        run: () => void navigate({ to: item.to, params: { org } }),
      })),
    },
    ...settingsFor(account).map((section) => ({
      value: t(`settings.sections.${section.id}`),
      items: section.items.map((item) => ({
        id: item.id,
        label: t(`settings.nav.${item.id}`),
        icon: item.icon,
        run: () => void navigate({ to: item.to, params: { org } }),
      })),
    })),
    {
      value: t('palette.actions'),
      items: [
        ...account.orgs
          .filter((one) => one.slug !== org)
          .map((one) => ({
            id: one.id,
            label: t('palette.switchTo', { name: one.name }),
            icon: Building2,
            run: () => void navigate({ to: '/$org', params: { org: one.slug } }),
          })),
        ...THEMES.map((theme) => ({
          id: theme,
          label: t('palette.theme', { name: t(`account.themes.${theme}`) }),
          icon: SunMoon,
          run: () => chooseTheme(theme),
        })),
        ...LOCALES.map(({ locale, name }) => ({
          id: locale,
          label: t('palette.language', { name }),
          icon: Languages,
          run: () => void chooseLocale(locale),
        })),
        { id: 'keys', label: t('account.keys'), icon: Keyboard, key: '?', run: onKeys },
      ],
    },
  ]
}

function useMemories(text: string): Group {
  const t = useTranslations('palette')
  const navigate = useNavigate()
  const org = useOrg()
  const canRead = may(useAccount(), 'memory:read')
  const q = useDeferredValue(text.trim())
  const found = useQuery({
    ...memoriesQuery(org, { q, limit: MEMORIES_SHOWN }),
    enabled: canRead && q.length >= SHORTEST_QUERY,
  })
  const rows = q.length >= SHORTEST_QUERY ? (found.data?.results ?? []) : []
  const ask: Command = {
    id: 'search',
    label: t('searchFor', { question: q }),
    icon: Search,
    run: () => void navigate({ to: '/$org/search', params: { org }, search: { q } }),
  }
  const listed = rows.map(
    (memory): Command => ({
      id: memory.memory_id,
      label: headline(memory.content),
      icon: FileText,
      run: () => void navigate({ to: '/$org/memories/$memoryId', params: { org, memoryId: memory.memory_id } }),
    }),
  )
  return { value: t('memories'), items: canRead && q.length >= SHORTEST_QUERY ? [ask, ...listed] : [] }
}
