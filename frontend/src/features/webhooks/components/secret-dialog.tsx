import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { CheckField } from '@/components/check-field'
import { CopyBox } from '@/components/copy'
import { Dialog } from '@/components/dialog'
import { Notice } from '@/components/notice'
import { Segmented } from '@/components/segmented'
import { INSTALL, LANGUAGES, type Language, receiverOf } from '../snippet'

type Props = { secret: string; note?: ReactNode; onClose: () => void }

/** Shows a secret the one time that it can be shown. It closes only when somebody says that it is kept. */
export function SecretDialog({ secret, note, onClose }: Props) {
  const t = useTranslations('webhooks.secret')
  const [isKept, setKept] = useState(false)
  return (
    <Dialog title={t('title')} isOpen onClose={() => isKept && onClose()} isWide>
      <Notice kind="warning">
        {t('once')}
        {note ? <p className="text-muted">{note}</p> : null}
      </Notice>
      <CopyBox label={t('secret')} text={secret} copyLabel={t('copySecret')} />
      <Receiver secret={secret} />
      <CheckField label={t('kept')} isChecked={isKept} onChange={setKept} />
      <div className="flex justify-end">
        <Button look="primary" disabled={!isKept} onClick={onClose}>
          {t('done')}
        </Button>
      </div>
    </Dialog>
  )
}

/** A program that receives events and checks who has signed them, as it is pasted. */
export function Receiver({ secret }: { secret: string }) {
  const t = useTranslations('webhooks.secret')
  const [language, setLanguage] = useState<Language>('python')
  return (
    <div className="grid grid-cols-1 gap-3">
      <div className="grid justify-items-start gap-2">
        <p className="text-xs text-muted">{t('receiverNote')}</p>
        <Segmented
          label={t('language')}
          value={language}
          options={LANGUAGES.map((value) => ({ value, label: t(value) }))}
          onChange={setLanguage}
        />
      </div>
      <CopyBox label={t('install')} text={INSTALL[language]} copyLabel={t('copyInstall')} />
      <CopyBox label={t('receiver')} text={receiverOf(language, secret)} copyLabel={t('copyReceiver')} isLong />
    </div>
  )
}
