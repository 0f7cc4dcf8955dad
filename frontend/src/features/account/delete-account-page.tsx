import { useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { closeSession } from '@/api/session'
import { Button } from '@/components/button'
import { ConfirmDialog } from '@/components/confirm-dialog'
import { Page } from '@/components/page'
import { Panel } from '@/components/panel'
import { toast } from '@/components/toast'
import { useAccount } from '@/hooks/use-account'
import { useDeleteAccount } from './queries'

/** The end of an account, which a new sign-in takes back for some days. */
export function DeleteAccountPage() {
  const t = useTranslations('deleteAccount')
  const { dateTime } = useFormatter()
  const { user } = useAccount()
  const [isAsking, setAsking] = useState(false)
  const remove = useDeleteAccount()
  return (
    <Page title={t('title')} isNarrow note={t('note')}>
      <Panel title={t('what')}>
        <ul className="grid list-disc gap-1.5 pl-5 text-ui text-muted">
          <li>{t('leave')}</li>
          <li>{t('stay')}</li>
          <li>{t('grace')}</li>
        </ul>
        <Button look="danger" className="mt-4" onClick={() => setAsking(true)}>
          {t('open')}
        </Button>
      </Panel>
      {isAsking ? (
        <ConfirmDialog
          title={t('ask')}
          word={user.email}
          confirm={t('confirm')}
          isBusy={remove.isPending}
          error={remove.error}
          onConfirm={() =>
            remove.mutate(user.email, {
              onSuccess: ({ delete_after }) => {
                toast.news(t('done', { date: dateTime(new Date(delete_after), { dateStyle: 'long' }) }))
                closeSession()
              },
            })
          }
          onClose={() => setAsking(false)}
        >
          <p>{t('askText')}</p>
        </ConfirmDialog>
      ) : null}
    </Page>
  )
}
