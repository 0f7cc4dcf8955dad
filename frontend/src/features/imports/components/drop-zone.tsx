import { Upload } from 'lucide-react'
import { type DragEvent, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { buttonStyle } from '@/components/button'
import { cn } from '@/lib/cn'
import { ACCEPTED, MAX_MEGABYTES } from '../files'

/** Takes files by dropping them or by the system's own dialog. */
export function DropZone({ onFiles }: { onFiles: (files: File[]) => void }) {
  const t = useTranslations('imports.drop')
  const input = useRef<HTMLInputElement>(null)
  // Entering a part of the zone comes before leaving the part before it.
  const [depth, setDepth] = useState(0)
  const isOver = depth > 0
  function dropped(event: DragEvent) {
    event.preventDefault()
    setDepth(0)
    onFiles([...event.dataTransfer.files])
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping has the button inside as its other way
    <div
      onDragEnter={() => setDepth((before) => before + 1)}
      onDragLeave={() => setDepth((before) => before - 1)}
      onDragOver={(event) => event.preventDefault()}
      onDrop={dropped}
      className={cn(
        'grid justify-items-center gap-2 rounded-lg border border-dashed border-line-strong bg-surface px-6 py-9 text-center transition-colors',
        isOver && 'border-accent bg-accent-soft',
      )}
    >
      <Upload className="size-5 text-muted" aria-hidden />
      <p className="text-sm font-medium">{t(isOver ? 'release' : 'title')}</p>
      <p className="text-ui text-muted">{t('kinds', { size: MAX_MEGABYTES })}</p>
      <input
        ref={input}
        type="file"
        multiple
        accept={ACCEPTED.join(',')}
        aria-label={t('choose')}
        className="sr-only"
        tabIndex={-1}
        onChange={({ currentTarget }) => {
          onFiles([...(currentTarget.files ?? [])])
          // The same file may be chosen again.
          currentTarget.value = ''
        }}
      />
      <button type="button" onClick={() => input.current?.click()} className={cn(buttonStyle(), 'mt-1')}>
        {t('choose')}
      </button>
    </div>
  )
}
