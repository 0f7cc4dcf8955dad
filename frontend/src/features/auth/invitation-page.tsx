import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { accountQuery } from '@/api/account'
import type { Schemas } from '@/api/client'
import { Button, buttonStyle } from '@/components/button'
import { PasswordField, TextField } from '@/components/field'
import { Problem } from '@/components/problem'
import { ErrorState, Skeleton } from '@/components/states'
import { toast } from '@/components/toast'
import { useSignOut } from '@/hooks/use-sign-out'
import { fieldProblem } from '@/lib/form-problem'
import { SHORTEST_PASSWORD } from '@/lib/passwords'
import { ApiError } from '@/lib/problem'
import { AuthFrame } from './auth-frame'
import { invitationQuery, useAcceptInvitation } from './queries'

const route = getRouteApi('/invitations/$key')

/** Where the link of an invitation leads: it says what one is asked into, and by whom. */
export function InvitationPage() {
  const t = useTranslations('invitation')
  const { key } = route.useParams()
  const { isSignedIn } = route.useRouteContext()
  const look = useQuery(invitationQuery(key))
  const account = useQuery({ ...accountQuery, enabled: isSignedIn })
  if (look.isError) {
    const isDead = look.error instanceof ApiError && look.error.code === 'invalid_invitation'
    return (
      <AuthFrame title={t('title')}>
        {isDead ? (
          <div className="grid justify-items-start gap-4">
            <Problem error={look.error} />
            <Link to="/" className={buttonStyle()}>
              {t('start')}
            </Link>
          </div>
        ) : (
          <ErrorState error={look.error} onRetry={() => void look.refetch()} isRetrying={look.isRefetching} />
        )}
      </AuthFrame>
    )
  }
  if (!look.data || (isSignedIn && account.isPending))
    return (
      <AuthFrame title={t('title')}>
        <Skeleton className="h-40" />
      </AuthFrame>
    )
  return (
    <Invitation
      key={key}
      inviteKey={key}
      look={look.data}
      signedInAs={isSignedIn ? account.data?.user.email : undefined}
    />
  )
}

type Props = { inviteKey: string; look: Schemas['InvitationLookOutput']; signedInAs: string | undefined }

function Invitation({ inviteKey, look, signedInAs }: Props) {
  const t = useTranslations('invitation')
  const roles = useTranslations('invitation.roles')
  const { dateTime } = useFormatter()
  const { organization, email, role, invited_by } = look
  const known = (['owner', 'admin', 'member', 'viewer'] as const).find((one) => one === role)
  const name = organization.branding.name ?? organization.name
  return (
    <AuthFrame
      title={t('join', { name })}
      note={
        <>
          <p>
            {invited_by
              ? t('by', { who: invited_by, role: known ? roles(known) : role })
              : t('as', { role: known ? roles(known) : role })}
          </p>
          <p>{t('until', { date: dateTime(new Date(look.expires_at), { dateStyle: 'long' }) })}</p>
        </>
      }
      brand={
        organization.branding.name || organization.branding.primary_color || organization.branding.logo_url
          ? { ...organization.branding, name }
          : undefined
      }
    >
      {signedInAs === undefined ? (
        look.has_account ? (
          <SignInFirst inviteKey={inviteKey} email={email} />
        ) : (
          <NewAccount inviteKey={inviteKey} email={email} />
        )
      ) : signedInAs.toLowerCase() === email.toLowerCase() ? (
        <Accept inviteKey={inviteKey} email={email} />
      ) : (
        <OtherPerson email={email} signedInAs={signedInAs} />
      )}
    </AuthFrame>
  )
}

/** Into the organisation that one has just joined. */
function useEnter() {
  const client = useQueryClient()
  const navigate = useNavigate()
  return () => {
    client.clear()
    void navigate({ to: '/', replace: true })
  }
}

function Accept({ inviteKey, email }: { inviteKey: string; email: string }) {
  const t = useTranslations('invitation')
  const accept = useAcceptInvitation(inviteKey)
  const enter = useEnter()
  return (
    <div className="grid gap-4">
      <p className="text-ui text-muted">{t('signedIn', { email })}</p>
      <Problem error={accept.error} />
      <Button
        look="primary"
        size="large"
        isBusy={accept.isPending}
        onClick={() => accept.mutate(null, { onSuccess: enter })}
      >
        {t('accept')}
      </Button>
    </div>
  )
}

function SignInFirst({ inviteKey, email }: { inviteKey: string; email: string }) {
  const t = useTranslations('invitation')
  return (
    <div className="grid gap-4">
      <p className="text-ui text-muted">{t('hasAccount', { email })}</p>
      <Link
        to="/sign-in"
        search={{ redirect: `/invitations/${inviteKey}` }}
        className={buttonStyle({ look: 'primary', size: 'large' })}
      >
        {t('signIn')}
      </Link>
    </div>
  )
}

function NewAccount({ inviteKey, email }: { inviteKey: string; email: string }) {
  const t = useTranslations('invitation')
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [isTried, setTried] = useState(false)
  const accept = useAcceptInvitation(inviteKey)
  const enter = useEnter()
  const isShort = password.length < SHORTEST_PASSWORD
  const hint = t('passwordHint', { count: SHORTEST_PASSWORD })
  function submit(event: FormEvent) {
    event.preventDefault()
    setTried(true)
    if (isShort) return
    accept.mutate({ password, ...(name.trim() && { name: name.trim() }) }, { onSuccess: enter })
  }
  return (
    <form onSubmit={submit} noValidate className="grid gap-4">
      <TextField label={t('email')} type="email" value={email} readOnly autoComplete="username" hint={t('emailHint')} />
      <TextField
        label={t('name')}
        value={name}
        maxLength={100}
        autoComplete="name"
        onChange={(event) => setName(event.target.value)}
        error={fieldProblem(accept.error, 'name')}
      />
      <PasswordField
        label={t('password')}
        hint={hint}
        autoComplete="new-password"
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        error={isTried && isShort ? hint : fieldProblem(accept.error, 'password')}
      />
      <Problem error={accept.error} fields={['name', 'password']} />
      <Button type="submit" look="primary" size="large" isBusy={accept.isPending}>
        {t('create')}
      </Button>
    </form>
  )
}

function OtherPerson({ email, signedInAs }: { email: string; signedInAs: string }) {
  const t = useTranslations('invitation')
  const signOut = useSignOut(() => toast.failed(t('signOutFailed')))
  return (
    <div className="grid gap-4">
      <p className="text-ui text-muted">{t('other', { email, signedInAs })}</p>
      <div className="flex flex-wrap gap-2">
        <Button look="primary" isBusy={signOut.isPending} onClick={() => signOut.mutate()}>
          {t('signOut')}
        </Button>
        <Link to="/" className={buttonStyle()}>
          {t('stay')}
        </Link>
      </div>
    </div>
  )
}
