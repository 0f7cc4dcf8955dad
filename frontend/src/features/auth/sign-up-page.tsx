import { zodResolver } from '@hookform/resolvers/zod'
import { Link, useNavigate } from '@tanstack/react-router'
import { useForm } from 'react-hook-form'
import { useTranslations } from 'use-intl'
import * as z from 'zod/mini'
import { answerOf, api } from '@/api/client'
import { openSession } from '@/api/session'
import { Button } from '@/components/button'
import { PasswordField, TextField } from '@/components/field'
import { showProblem } from '@/lib/form-problem'
import { SHORTEST_PASSWORD } from '@/lib/passwords'
import { AuthFrame, FormProblem } from './auth-frame'
import { Providers } from './components/providers'
import { useFragment } from './use-fragment'

export function SignUpPage() {
  const t = useTranslations('signUp')
  const navigate = useNavigate()
  const [fragment] = useFragment()
  const onSignedUp = (org: string) => navigate({ to: '/$org/welcome', params: { org }, replace: true })
  return (
    <AuthFrame
      title={t(fragment.oauth ? 'oauthTitle' : 'title')}
      note={fragment.oauth && fragment.email ? t('oauthNote', { email: fragment.email }) : t('note')}
      below={t.rich('known', {
        link: (text) => (
          <Link to="/sign-in" className="font-medium text-accent-text hover:underline">
            {text}
          </Link>
        ),
      })}
    >
      {fragment.oauth ? (
        <OauthSignUpForm token={fragment.oauth} name={fragment.name ?? ''} onSignedUp={onSignedUp} />
      ) : (
        <div className="grid gap-4">
          <SignUpForm onSignedUp={onSignedUp} />
          <Providers next="/" />
        </div>
      )}
    </AuthFrame>
  )
}

type OauthProps = { token: string; name: string; onSignedUp: (org: string) => void }

/** The rest of a sign-up that began at another provider, which has said who one is. */
export function OauthSignUpForm({ token, name, onSignedUp }: OauthProps) {
  const t = useTranslations('signUp')
  const schema = z.object({
    org_name: z.string().check(z.trim(), z.minLength(1, t('noOrganisation')), z.maxLength(100)),
    name: z.string().check(z.trim(), z.maxLength(100)),
  })
  const { register, handleSubmit, setError, formState } = useForm({
    resolver: zodResolver(schema),
    defaultValues: { org_name: '', name },
  })
  const { errors, isSubmitting } = formState
  const submit = handleSubmit(async (values) => {
    try {
      const { access, org } = await answerOf(
        api.POST('/api/v1/auth/oauth/signup', { body: { ...values, token, use_cookie: true } }),
      )
      openSession(access)
      onSignedUp(org.slug)
    } catch (error) {
      showProblem(error, ['org_name', 'name'], setError, (problem) => {
        if (problem?.code === 'invalid_token') return t('oauthOver')
        return problem && problem.status !== 0 ? problem.message : t('unreachable')
      })
    }
  })
  return (
    <form onSubmit={submit} noValidate className="grid gap-4">
      <FormProblem>{errors.root?.message}</FormProblem>
      <TextField
        label={t('organisation')}
        hint={t('organisationHint')}
        autoComplete="organization"
        error={errors.org_name?.message}
        {...register('org_name')}
      />
      <TextField label={t('name')} autoComplete="name" error={errors.name?.message} {...register('name')} />
      <Button type="submit" look="primary" size="large" isBusy={isSubmitting}>
        {t('submit')}
      </Button>
    </form>
  )
}

export function SignUpForm({ onSignedUp }: { onSignedUp: (org: string) => void }) {
  const t = useTranslations('signUp')
  const schema = z.object({
    org_name: z.string().check(z.trim(), z.minLength(1, t('noOrganisation')), z.maxLength(100)),
    email: z.email(t('badEmail')),
    password: z.string().check(z.minLength(SHORTEST_PASSWORD, t('shortPassword', { count: SHORTEST_PASSWORD }))),
  })
  const { register, handleSubmit, setError, formState } = useForm({
    resolver: zodResolver(schema),
    defaultValues: { org_name: '', email: '', password: '' },
  })
  const { errors, isSubmitting } = formState
  const submit = handleSubmit(async (values) => {
    try {
      const { access, org } = await answerOf(api.POST('/api/v1/auth/signup', { body: { ...values, use_cookie: true } }))
      openSession(access)
      onSignedUp(org.slug)
    } catch (error) {
      showProblem(error, ['org_name', 'email', 'password'], setError, (problem) =>
        problem && problem.status !== 0 ? problem.message : t('unreachable'),
      )
    }
  })
  return (
    <form onSubmit={submit} noValidate className="grid gap-4">
      <FormProblem>{errors.root?.message}</FormProblem>
      <TextField
        label={t('organisation')}
        hint={t('organisationHint')}
        autoComplete="organization"
        error={errors.org_name?.message}
        {...register('org_name')}
      />
      <TextField
        label={t('email')}
        type="email"
        autoComplete="username"
        error={errors.email?.message}
        {...register('email')}
      />
      <PasswordField
        label={t('password')}
        hint={t('passwordHint', { count: SHORTEST_PASSWORD })}
        autoComplete="new-password"
        error={errors.password?.message}
        {...register('password')}
      />
      <Button type="submit" look="primary" size="large" isBusy={isSubmitting}>
        {t('submit')}
      </Button>
    </form>
  )
}
