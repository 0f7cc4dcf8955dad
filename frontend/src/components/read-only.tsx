import { useTranslations } from 'use-intl'
import { Notice } from './notice'

/** Says what it would take to change what a page shows. */
export function ReadOnly({ permission }: { permission: string }) {
  const t = useTranslations('settings')
  return (
    <Notice kind="missing">
      {t.rich('readOnly', { permission, code: (text) => <code className="font-mono text-xs">{text}</code> })}
    </Notice>
  )
}
