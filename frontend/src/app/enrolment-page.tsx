import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { renewSession } from '@/api/session'
import { Button } from '@/components/button'
import { useProblemWords } from '@/components/problem'
import { Segmented } from '@/components/segmented'
import { toast } from '@/components/toast'
import { PasskeySetUp, TotpSetUp, useRereadFactors, useResendVerification } from '@/features/account'
import { AuthFrame } from '@/features/auth'
import { useAccount, useRereadAccount } from '@/hooks/use-account'
import { useSignOut } from '@/hooks/use-sign-out'
import { arePasskeysPossible } from '@/lib/webauthn'

/** All that there is of an organisation for who lacks the second factor that it asks for. */
export function EnrolmentPage() {
  const t = useTranslations('enrolment')
  const { org, user } = useAccount()
  const [way, setWay] = useState<'app' | 'passkey'>('app')
  const reread = useRereadFactors()
  const signOut = useSignOut(() => toast.failed(t('signOutFailed')))
  async function enter() {
    // The rights that were withheld come with a new token.
    await renewSession().catch(() => {})
    await reread()
  }
  return (
    <AuthFrame title={t('title')} note={t('note', { name: org.name })}>
      <div className="grid gap-6">
        {user.email_verified ? null : <Unverified email={user.email} />}
        {user.email_verified && arePasskeysPossible() ? (
          <Segmented
            label={t('way')}
            value={way}
            options={[
              { value: 'app', label: t('app') },
              { value: 'passkey', label: t('passkey') },
            ]}
            onChange={setWay}
          />
        ) : null}
        {!user.email_verified ? null : way === 'app' ? (
          <TotpSetUp onDone={() => void enter()} />
        ) : (
          <PasskeySetUp onDone={() => void enter()} />
        )}
        <p className="flex flex-wrap items-center gap-x-3 border-t pt-4 text-ui text-muted">
          {t('signedIn', { email: user.email })}
          <Button look="quiet" isBusy={signOut.isPending} onClick={() => signOut.mutate()}>
            {t('signOut')}
          </Button>
        </p>
      </div>
    </AuthFrame>
  )
}

/** Whoever signs up with somebody else's address must not lock them out: it is confirmed first. */
function Unverified({ email }: { email: string }) {
  const t = useTranslations('enrolment')
  const words = useProblemWords()
  const resend = useResendVerification()
  const reread = useRereadAccount()
  return (
    <div className="grid gap-4">
      <p className="text-ui text-muted">{t('unverified', { email })}</p>
      <div className="flex flex-wrap gap-2">
        <Button look="primary" onClick={() => void reread()}>
          {t('again')}
        </Button>
        <Button
          isBusy={resend.isPending}
          onClick={() =>
            resend.mutate(undefined, {
              onSuccess: () => toast.done(t('resent')),
              onError: (error) => toast.failed(words(error)),
            })
          }
        >
          {t('resend')}
        </Button>
      </div>
    </div>
  )
}
