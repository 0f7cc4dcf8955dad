import { useMutation } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { MailCheck, MailX } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { answerOf, api } from '@/api/client'
import { Button, buttonStyle } from '@/components/button'
import { Problem } from '@/components/problem'
import { AuthFrame } from './auth-frame'

const route = getRouteApi('/confirm-email/$key')

/** Where the links in the mails about a new address lead. A button, since programs that look at mails follow links. */
export function EmailChangePage() {
  const { key } = route.useParams()
  const { action } = route.useSearch()
  return action === 'cancel' ? <Cancel changeKey={key} /> : <Confirm changeKey={key} />
}

/** From the mail to the new address. */
function Confirm({ changeKey: key }: { changeKey: string }) {
  const t = useTranslations('emailChange.confirm')
  const confirm = useMutation({
    mutationFn: () => answerOf(api.POST('/api/v1/auth/email/change/confirm', { body: { key } })),
  })
  return (
    <AuthFrame title={t('title')} note={confirm.data ? undefined : t('note')}>
      {confirm.data ? (
        <div className="grid justify-items-start gap-4">
          <p role="status" className="flex items-start gap-3 rounded-md border bg-surface px-3 py-2.5 text-ui">
            <MailCheck className="mt-0.5 size-4 shrink-0 text-good" aria-hidden />
            {t('done', { email: confirm.data.email })}
          </p>
          <Link to="/" className={buttonStyle({ look: 'primary' })}>
            {t('start')}
          </Link>
        </div>
      ) : (
        <div className="grid gap-4">
          <Problem error={confirm.error} />
          <Button look="primary" size="large" isBusy={confirm.isPending} onClick={() => confirm.mutate()}>
            {t('submit')}
          </Button>
        </div>
      )}
    </AuthFrame>
  )
}

/** From the mail to the old address: somebody else may have asked for the change. */
function Cancel({ changeKey: key }: { changeKey: string }) {
  const t = useTranslations('emailChange.cancel')
  const cancel = useMutation({
    mutationFn: () => answerOf(api.POST('/api/v1/auth/email/change/cancel', { body: { key } })),
  })
  return (
    <AuthFrame title={t('title')} note={cancel.isSuccess ? undefined : t('note')}>
      {cancel.isSuccess ? (
        <div className="grid justify-items-start gap-4">
          <p role="status" className="flex items-start gap-3 rounded-md border bg-surface px-3 py-2.5 text-ui">
            <MailX className="mt-0.5 size-4 shrink-0 text-good" aria-hidden />
            {t('done')}
          </p>
          <Link to="/forgot-password" className={buttonStyle({ look: 'primary' })}>
            {t('password')}
          </Link>
        </div>
      ) : (
        <div className="grid gap-4">
          <Problem error={cancel.error} />
          <Button look="primary" size="large" isBusy={cancel.isPending} onClick={() => cancel.mutate()}>
            {t('submit')}
          </Button>
        </div>
      )}
    </AuthFrame>
  )
}
