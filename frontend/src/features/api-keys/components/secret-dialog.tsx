import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { CheckField } from '@/components/check-field'
import { CopyBox } from '@/components/copy'
import { Dialog } from '@/components/dialog'
import { Notice } from '@/components/notice'
import type { NewKey } from '../queries'
import { curlOf } from '../snippet'

/** Shows a secret the one time that it can be shown. It closes only when somebody says that it is kept. */
export function SecretDialog({ made, onClose }: { made: NewKey; onClose: () => void }) {
  const t = useTranslations('apiKeys.secret')
  const [isKept, setKept] = useState(false)
  return (
    <Dialog title={t('title', { name: made.name })} isOpen onClose={() => isKept && onClose()} isWide>
      <Notice kind="warning">{t('once')}</Notice>
      <CopyBox label={t('key')} text={made.secret} copyLabel={t('copyKey')} />
      <CopyBox
        label={t('try')}
        text={curlOf(made.secret, made.scopes, window.location.origin)}
        copyLabel={t('copyCommand')}
      />
      <CheckField label={t('kept')} isChecked={isKept} onChange={setKept} />
      <div className="flex justify-end">
        <Button look="primary" disabled={!isKept} onClick={onClose}>
          {t('done')}
        </Button>
      </div>
    </Dialog>
  )
}
