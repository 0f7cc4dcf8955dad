import { Switch } from '@base-ui/react/switch'
import { useTranslations } from 'use-intl'
import { Dialog } from '@/components/dialog'
import { Keycap, keyName } from '@/components/keycap'
import { useAccount } from '@/hooks/use-account'
import { switchKeys, useKeysOn } from '@/hooks/use-keys'
import { navFor } from './nav'

/** Keys that a page listens to by itself; the rest comes from the navigation. */
const EVERYWHERE = [
  ['mod+k', 'palette'],
  ['?', 'sheet'],
  ['Escape', 'close'],
] as const
const IN_LISTS = [
  ['j', 'next'],
  ['k', 'previous'],
  ['x', 'select'],
  ['/', 'find'],
] as const

export default function KeySheet({ onClose }: { onClose: () => void }) {
  const t = useTranslations()
  const account = useAccount()
  const isOn = useKeysOn()
  const pages = navFor(account).flatMap((section) => section.items)
  return (
    <Dialog title={t('keys.title')} isOpen onClose={onClose} isWide>
      <div className="grid gap-x-8 gap-y-4 sm:grid-cols-2">
        <KeyList title={t('keys.everywhere')} keys={EVERYWHERE.map(([key, what]) => [key, t(`keys.${what}`)])} />
        <KeyList title={t('keys.inLists')} keys={IN_LISTS.map(([key, what]) => [key, t(`keys.${what}`)])} />
        <KeyList title={t('keys.goTo')} keys={pages.map((item) => [`g ${item.key}`, t(`nav.${item.id}`)])} />
      </div>
      {/* biome-ignore lint/a11y/noLabelWithoutControl: the switch inside brings its input along */}
      <label className="flex items-center justify-between gap-4 border-t pt-4 text-ui">
        {t('keys.on')}
        <Switch.Root
          checked={isOn}
          onCheckedChange={switchKeys}
          className="flex h-5 w-9 rounded-full border border-line-strong bg-sunken p-0.5 data-checked:border-accent data-checked:bg-accent"
        >
          <Switch.Thumb className="size-3.5 rounded-full bg-muted transition-transform data-checked:translate-x-4 data-checked:bg-on-accent" />
        </Switch.Root>
      </label>
    </Dialog>
  )
}

function KeyList({ title, keys }: { title: string; keys: [string, string][] }) {
  return (
    <section>
      <h3 className="pb-1 text-xs font-medium text-subtle">{title}</h3>
      <dl className="grid gap-1">
        {keys.map(([key, what]) => (
          <div key={key} className="flex items-center justify-between gap-4 text-ui">
            <dt>{what}</dt>
            <dd className="flex gap-1">
              {keyName(key)
                .split(' ')
                .map((cap) => (
                  <Keycap key={cap}>{cap}</Keycap>
                ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
