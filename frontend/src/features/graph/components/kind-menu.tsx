import { ChevronDown } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { buttonStyle } from '@/components/button'
import { MenuPopup, MenuRadio, MenuRadios, MenuRoot, MenuTrigger } from '@/components/menu'
import { cn } from '@/lib/cn'
import { KINDS } from '../kinds'
import { useKindName } from './names'

type Props = { kind: string | undefined; onChange: (kind: string | undefined) => void }

/** Which kind of names the graph shows. */
export default function KindMenu({ kind, onChange }: Props) {
  const t = useTranslations('graph')
  const kindName = useKindName()
  return (
    <MenuRoot>
      <MenuTrigger className={cn(buttonStyle(), kind && 'border-accent bg-accent-soft text-accent-text')}>
        {kind ? kindName(kind) : t('kind')}
        <ChevronDown aria-hidden />
      </MenuTrigger>
      <MenuPopup>
        <MenuRadios value={kind ?? ''} onValueChange={(next: string) => onChange(next || undefined)}>
          <MenuRadio value="">{t('anyKind')}</MenuRadio>
          {KINDS.map((one) => (
            <MenuRadio key={one} value={one}>
              {kindName(one)}
            </MenuRadio>
          ))}
        </MenuRadios>
      </MenuPopup>
    </MenuRoot>
  )
}
