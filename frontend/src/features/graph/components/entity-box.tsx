import { Autocomplete } from '@base-ui/react/autocomplete'
import { useQuery } from '@tanstack/react-query'
import { Search, X } from 'lucide-react'
import { useCallback, useDeferredValue, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { inputStyle } from '@/components/field'
import { useOrg } from '@/hooks/use-account'
import { cn } from '@/lib/cn'
import { slotOf } from '../kinds'
import { type Entity, entitiesQuery } from '../queries'

type Props = {
  label: string
  /** The name of what is chosen; give another `key` when another is. */
  name: string
  /** Takes the focus as it appears. */
  isWanted: boolean
  onChoose: (entity: Entity) => void
  onClear: () => void
}

/** Finds an entity by a part of its name. */
export default function EntityBox({ label, name, isWanted, onChoose, onClear }: Props) {
  const t = useTranslations('graph')
  const { number } = useFormatter()
  const org = useOrg()
  const [text, setText] = useState(name)
  const [isOpen, setOpen] = useState(false)
  const focus = useCallback((input: HTMLElement | null) => (isWanted ? input?.focus() : undefined), [isWanted])
  const q = useDeferredValue(text.trim())
  const found = useQuery({ ...entitiesQuery(org, q), enabled: isOpen })
  const items = found.data?.results ?? []
  return (
    <Autocomplete.Root
      items={items}
      // The server has filtered them.
      filter={null}
      value={text}
      onValueChange={setText}
      open={isOpen}
      onOpenChange={setOpen}
      openOnInputClick
      autoHighlight
      itemToStringValue={(entity: Entity) => entity.name}
    >
      <div className="relative w-full sm:w-56">
        <Search className="pointer-events-none absolute top-2 left-2.5 size-4 text-subtle" aria-hidden />
        <Autocomplete.Input
          ref={focus}
          aria-label={label}
          placeholder={label}
          maxLength={200}
          className={cn(inputStyle, 'h-8 px-8! text-ui')}
        />
        {name ? (
          <button
            type="button"
            aria-label={t('clearEntity', { name })}
            onClick={onClear}
            className="absolute inset-y-0 right-0 grid w-8 place-items-center rounded-md text-subtle hover:text-fg"
          >
            <X className="size-4" aria-hidden />
          </button>
        ) : null}
      </div>
      <Autocomplete.Portal>
        <Autocomplete.Positioner sideOffset={4} align="start" className="z-40">
          <Autocomplete.Popup className="max-h-(--available-height) w-72 max-w-(--available-width) overflow-y-auto rounded-lg bg-raised p-1 shadow-float">
            <Autocomplete.Empty>
              <p className="px-2 py-1.5 text-ui text-muted">
                {t(found.isError ? 'entitiesFailed' : found.data ? 'noEntity' : 'searching')}
              </p>
            </Autocomplete.Empty>
            <Autocomplete.List>
              {(entity: Entity) => (
                <Autocomplete.Item
                  key={entity.id}
                  value={entity}
                  onClick={() => onChoose(entity)}
                  className="flex min-h-8 cursor-default items-center gap-2 rounded-md px-2 py-1 text-ui outline-none data-highlighted:bg-sunken"
                >
                  <span aria-hidden className={cn('size-2 shrink-0 rounded-full', slotOf(entity.kind).dot)} />
                  <span className="min-w-0 flex-1 truncate">{entity.name}</span>
                  <span className="text-xs text-subtle tabular-nums">{number(entity.memories)}</span>
                </Autocomplete.Item>
              )}
            </Autocomplete.List>
          </Autocomplete.Popup>
        </Autocomplete.Positioner>
      </Autocomplete.Portal>
    </Autocomplete.Root>
  )
}
