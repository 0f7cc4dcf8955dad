import { Download } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { CheckField } from '@/components/check-field'
import { CopyButton } from '@/components/copy'
import { Notice } from '@/components/notice'

/** Shows recovery codes the one time that they can be shown. */
export function RecoveryCodes({ codes, onKept }: { codes: string[]; onKept: () => void }) {
  const t = useTranslations('secondFactor.recovery')
  const [isKept, setKept] = useState(false)
  const text = `${codes.join('\n')}\n`
  function download() {
    const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
    const link = document.createElement('a')
    link.href = url
    link.download = 'lift-os-recovery-codes.txt'
    link.click()
    URL.revokeObjectURL(url)
  }
  return (
    <div className="grid gap-4">
      <Notice kind="warning">{t('once')}</Notice>
      <ul
        aria-label={t('title')}
        className="grid grid-cols-2 gap-x-6 gap-y-1 rounded-md border bg-sunken p-4 font-mono text-sm"
      >
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="flex flex-wrap gap-2">
        <CopyButton isPlain text={text} label={t('copy')} />
        <Button onClick={download}>
          <Download aria-hidden />
          {t('download')}
        </Button>
      </div>
      <CheckField label={t('kept')} isChecked={isKept} onChange={setKept} />
      <Button look="primary" className="justify-self-end" disabled={!isKept} onClick={onKept}>
        {t('done')}
      </Button>
    </div>
  )
}
