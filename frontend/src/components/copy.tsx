import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from './button'
import { ScrollRegion } from './scroll-region'
import { toast } from './toast'

type ButtonProps = { text: string; label: string; isPlain?: boolean }

/** Puts a text onto the clipboard, and says that it is there. */
export function CopyButton({ text, label, isPlain = false }: ButtonProps) {
  const t = useTranslations('copy')
  const [isCopied, setCopied] = useState(false)
  const Icon = isCopied ? Check : Copy
  async function copy() {
    try {
      await navigator.clipboard.writeText(text)
      setCopied(true)
    } catch {
      // The browser allows it on secure pages only.
      toast.failed(t('failed'))
    }
  }
  return (
    <>
      <Button
        look={isPlain ? 'plain' : 'quiet'}
        size={isPlain ? 'normal' : 'icon'}
        aria-label={isPlain ? undefined : label}
        onClick={copy}
      >
        <Icon aria-hidden />
        {isPlain ? label : null}
      </Button>
      <span role="status" className="sr-only">
        {isCopied ? t('done') : ''}
      </span>
    </>
  )
}

type BoxProps = {
  text: string
  label: string
  copyLabel: string
  /** Several lines: as they are, scrolled in their box. */
  isLong?: boolean
}

/** A text for machines, to be copied. */
export function CopyBox({ text, label, copyLabel, isLong = false }: BoxProps) {
  return (
    <div className="grid grid-cols-1 gap-1.5">
      <p className="text-ui font-medium">{label}</p>
      <div className="flex items-start gap-1 rounded-md border border-line-strong bg-sunken py-1 pr-1 pl-3">
        {isLong ? (
          <ScrollRegion label={label} className="max-h-52 min-w-0 flex-1 overflow-auto">
            <pre className="py-1.5 font-mono text-xs">{text}</pre>
          </ScrollRegion>
        ) : (
          <code className="min-w-0 flex-1 py-1.5 font-mono text-xs break-all whitespace-pre-wrap">{text}</code>
        )}
        <CopyButton text={text} label={copyLabel} />
      </div>
    </div>
  )
}
