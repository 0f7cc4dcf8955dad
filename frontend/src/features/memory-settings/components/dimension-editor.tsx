import { Plus, X } from 'lucide-react'
import { type FormEvent, type KeyboardEvent, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { TextField } from '@/components/field'
import { LeaveGuard } from '@/components/leave-guard'
import { focusOnce } from '@/lib/focus-once'
import {
  asName,
  blankRow,
  type Dimension,
  dimensionsOf,
  flawsOf,
  isChanged,
  LONGEST_DESCRIPTION,
  MOST_DIMENSIONS,
  type Row,
  type RowFlaws,
  rowsOf,
} from '../dimensions'

type Props = {
  stored: Dimension[]
  /** Asks whether to save, and does. */
  onSave: (dimensions: Dimension[]) => void
  onClose: () => void
}

/** The dimensions of the organisation, to be renamed, described, added and removed. */
export function DimensionEditor({ stored, onSave, onClose }: Props) {
  const t = useTranslations('memorySettings.editor')
  const [rows, setRows] = useState(() => rowsOf(stored))
  const [flaws, setFlaws] = useState<RowFlaws[]>([])
  const [added, setAdded] = useState<number | null>(null)
  const [isClosing, setClosing] = useState(false)
  const addButton = useRef<HTMLButtonElement>(null)
  const changed = isChanged(rows, stored)

  function change(next: Row[]) {
    setRows(next)
    // Once something was found wrong, what is mended is so at once.
    if (flaws.length > 0) setFlaws(flawsOf(next))
  }
  function write(key: number, part: Partial<Dimension>) {
    change(rows.map((row) => (row.key === key ? { ...row, ...part } : row)))
  }
  function add() {
    const row = blankRow(rows)
    // A new row is not wrong before somebody has typed into it.
    setRows([...rows, row])
    setAdded(row.key)
  }
  function remove(key: number) {
    change(rows.filter((row) => row.key !== key))
    addButton.current?.focus()
  }
  function close() {
    if (changed) setClosing(true)
    else onClose()
  }
  function save(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const found = flawsOf(rows)
    const first = found.findIndex((one) => one.name ?? one.description)
    if (first >= 0) {
      setFlaws(found)
      const field = `${found[first]?.name ? 'name' : 'description'}-${rows[first]?.key}`
      event.currentTarget.querySelector<HTMLElement>(`[name="${field}"]`)?.focus()
    } else if (changed) onSave(dimensionsOf(rows))
    else onClose()
  }
  function press(event: KeyboardEvent) {
    if (event.key === 'Escape') {
      // The dialog that opens would hear the same press and close at once.
      event.stopPropagation()
      close()
    }
  }
  function said(flaw: RowFlaws[keyof RowFlaws]) {
    return flaw && t(`wrong.${flaw}`)
  }
  return (
    <>
      <form onSubmit={save} onKeyDown={press} noValidate aria-label={t('title')} className="grid gap-4">
        <p className="text-ui text-muted">{t('note')}</p>
        <ol className="grid gap-3">
          {rows.map(({ key, name, description }, place) => (
            <li key={key}>
              <fieldset className="grid grid-cols-[minmax(0,1fr)_auto] items-start gap-3 rounded-lg border p-3 sm:grid-cols-[12rem_minmax(0,1fr)_auto]">
                <legend className="sr-only">{t('row', { place: place + 1 })}</legend>
                <TextField
                  ref={key === added ? focusOnce : undefined}
                  label={t('name')}
                  name={`name-${key}`}
                  autoComplete="off"
                  spellCheck={false}
                  value={name}
                  error={said(flaws[place]?.name)}
                  onChange={(event) => write(key, { name: event.target.value })}
                  onBlur={() => write(key, { name: asName(name) })}
                />
                <div className="max-sm:order-last max-sm:col-span-2">
                  <TextField
                    label={t('description')}
                    name={`description-${key}`}
                    autoComplete="off"
                    maxLength={LONGEST_DESCRIPTION}
                    value={description}
                    error={said(flaws[place]?.description)}
                    onChange={(event) => write(key, { description: event.target.value })}
                  />
                </div>
                {rows.length > 1 ? (
                  <Button
                    look="quiet"
                    size="icon"
                    aria-label={t('remove', { name: name || t('row', { place: place + 1 }) })}
                    onClick={() => remove(key)}
                    className="mt-7"
                  >
                    <X aria-hidden />
                  </Button>
                ) : null}
              </fieldset>
            </li>
          ))}
        </ol>
        <div className="flex flex-wrap justify-end gap-2">
          <Button ref={addButton} className="mr-auto" disabled={rows.length >= MOST_DIMENSIONS} onClick={add}>
            <Plus aria-hidden />
            {t('add')}
          </Button>
          <Button onClick={close}>{t('cancel')}</Button>
          <Button type="submit" look="primary">
            {t('save')}
          </Button>
        </div>
      </form>
      <LeaveGuard isDirty={changed} isClosing={isClosing} onStay={() => setClosing(false)} onLeave={onClose} />
    </>
  )
}
