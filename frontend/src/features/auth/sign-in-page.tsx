import { zodResolver } from '@hookform/resolvers/zod'
import { getRouteApi, Link, useRouter } from '@tanstack/react-router'
import { KeyRound } from 'lucide-react'
import { useForm } from 'react-hook-form'
import { useTranslations } from 'use-intl'
import * as z from 'zod/mini'
import { answerOf, api } from '@/api/client'
import { openSession } from '@/api/session'
import { Button } from '@/components/button'
import { PasswordField, TextField } from '@/components/field'
import { showProblem } from '@/lib/form-problem'
import { ApiError } from '@/lib/problem'
import { arePasskeysPossible } from '@/lib/webauthn'
import { AuthFrame, FormProblem } from './auth-frame'
import { ProofProblem } from './components/proof-problem'
import { ProviderProblem } from './components/provider-problem'
import { Or, Providers } from './components/providers'
import { SecondStep } from './components/second-step'
import { usePasskeySignIn } from './queries'
import { useBrandName } from './use-brand-name'
import { useFragment } from './use-fragment'

const route = getRouteApi('/sign-in')

export function SignInPage() {
  const t = useTranslations('signIn')
  const router = useRouter()
  const brand = useBrandName()
  const { redirect } = route.useSearch()
  const [fragment, setFragment] = useFragment()
  // The link may be any path of ours, with its query.
  const onSignedIn = () => router.history.replace(redirect ?? '/')
  if (fragment.mfaToken)
    return (
      <AuthFrame title={t('secondTitle')} note={t('secondNote')}>
        <SecondStep
          mfaToken={fragment.mfaToken}
          methods={fragment.methods}
          onDone={onSignedIn}
          onBack={() => setFragment({ methods: [] })}
        />
      </AuthFrame>
    )
  return (
    <AuthFrame
      title={t('title')}
      note={brand ? t('noteFor', { name: brand }) : t('note')}
      below={t.rich('new', {
        link: (text) => (
          <Link to="/sign-up" className="font-medium text-accent-text hover:underline">
            {text}
          </Link>
        ),
      })}
    >
      <div className="grid gap-4">
        {fragment.problem ? <ProviderProblem code={fragment.problem} /> : null}
        <SignInForm onSignedIn={onSignedIn} onSecondStep={(mfaToken, methods) => setFragment({ mfaToken, methods })} />
        {/* Passkeys belong to one origin: ours, not the domains of organisations. */}
        {brand ? null : (
          <>
            <Or />
            <PasskeySignIn onSignedIn={onSignedIn} />
          </>
        )}
        <Providers next={redirect ?? '/'} />
      </div>
    </AuthFrame>
  )
}

function PasskeySignIn({ onSignedIn }: { onSignedIn: () => void }) {
  const t = useTranslations('signIn')
  const signIn = usePasskeySignIn()
  if (!arePasskeysPossible()) return null
  return (
    <>
      <Button
        size="large"
        isBusy={signIn.isPending}
        onClick={() => signIn.mutate(undefined, { onSuccess: onSignedIn })}
      >
        <KeyRound aria-hidden />
        {t('passkey')}
      </Button>
      <ProofProblem error={signIn.error} />
    </>
  )
}

type FormProps = { onSignedIn: () => void; onSecondStep: (mfaToken: string, methods: string[]) => void }

export function SignInForm({ onSignedIn, onSecondStep }: FormProps) {
  const t = useTranslations('signIn')
  const schema = z.object({
    email: z.email(t('badEmail')),
    password: z.string().check(z.minLength(1, t('noPassword'))),
  })
  const { register, handleSubmit, setError, formState } = useForm({
    resolver: zodResolver(schema),
    defaultValues: { email: '', password: '' },
  })
  const submit = handleSubmit(async (values) => {
    try {
      const { access } = await answerOf(api.POST('/api/v1/auth/token', { body: { ...values, use_cookie: true } }))
      openSession(access)
      onSignedIn()
    } catch (error) {
      if (error instanceof ApiError && error.code === 'mfa_required') {
        onSecondStep(String(error.more.mfa_token), (error.more.methods as string[] | undefined) ?? [])
        return
      }
      showProblem(error, ['email', 'password'], setError, (problem) => {
        if (problem?.status === 401) return t('wrong')
        if (problem?.status === 429) return t('tooMany')
        return problem?.status === 0 ? t('unreachable') : (problem?.message ?? t('unreachable'))
      })
    }
  })
  return (
    <form onSubmit={submit} noValidate className="grid gap-4">
      <FormProblem>{formState.errors.root?.message}</FormProblem>
      <TextField
        label={t('email')}
        type="email"
        autoComplete="username"
        error={formState.errors.email?.message}
        {...register('email')}
      />
      <PasswordField
        label={t('password')}
        autoComplete="current-password"
        error={formState.errors.password?.message}
        {...register('password')}
      />
      <Link to="/forgot-password" className="justify-self-start text-ui text-accent-text hover:underline">
        {t('forgot')}
      </Link>
      <Button type="submit" look="primary" size="large" isBusy={formState.isSubmitting}>
        {t('submit')}
      </Button>
    </form>
  )
}
