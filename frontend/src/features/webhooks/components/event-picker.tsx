import { useId, useState } from 'react'
import { useTranslations } from 'use-intl'
import { CheckField } from '@/components/check-field'
import { inputStyle } from '@/components/field'
import { ScrollRegion } from '@/components/scroll-region'
import { areasOf, type EventType, typesWith, useAreaName } from '@/features/events'
import { cn } from '@/lib/cn'

type Props = { types: EventType[]; chosen: ReadonlySet<string>; onChange: (chosen: Set<string>) => void }

/** Chooses event types, by what they are about or one by one. */
export function EventPicker({ types, chosen, onChange }: Props) {
  const t = useTranslations('webhooks.picker')
  const areaName = useAreaName()
  const note = useId()
  const [text, setText] = useState('')
  const shown = areasOf(typesWith(text, types))
  function choose(names: string[], isChosen: boolean) {
    const next = new Set(chosen)
    for (const name of names) isChosen ? next.add(name) : next.delete(name)
    onChange(next)
  }
  return (
    <div className="grid gap-2">
      <input
        type="search"
        aria-label={t('find')}
        aria-describedby={note}
        placeholder={t('find')}
        value={text}
        maxLength={100}
        onChange={(event) => setText(event.target.value)}
        // Enter finds here; it does not send the form.
        onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
        className={cn(inputStyle, 'h-8 text-ui')}
      />
      <ScrollRegion label={t('list')} className="grid max-h-64 gap-4 overflow-y-auto rounded-md border p-3">
        {shown.length === 0 ? <p className="text-ui text-muted">{t('nothing')}</p> : null}
        {shown.map(({ area, types: own }) => (
          <fieldset key={area} className="grid gap-1.5">
            <legend className="mb-1.5 text-xs font-medium text-subtle">{areaName(area)}</legend>
            {own.length > 1 ? (
              <CheckField
                label={<span className="text-muted">{t('wholeArea', { area: areaName(area) })}</span>}
                isChecked={own.every(({ name }) => chosen.has(name))}
                onChange={(isChosen) =>
                  choose(
                    own.map(({ name }) => name),
                    isChosen,
                  )
                }
              />
            ) : null}
            {own.map(({ name, description }) => (
              <CheckField
                key={name}
                label={<code className="font-mono text-xs break-all">{name}</code>}
                hint={<span lang="en">{description}</span>}
                isChecked={chosen.has(name)}
                onChange={(isChosen) => choose([name], isChosen)}
              />
            ))}
          </fieldset>
        ))}
      </ScrollRegion>
      <p id={note} className="text-xs text-muted" role="status">
        {t('chosen', { count: chosen.size })}
      </p>
    </div>
  )
}
