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

export function SignUpPage() {
  const t = useTranslations('signUp')
  const navigate = useNavigate()
  return (
    <AuthFrame
      title={t('title')}
      note={t('note')}
      below={t.rich('known', {
        link: (text) => (
          <Link to="/sign-in" className="font-medium text-accent-text hover:underline">
            {text}
          </Link>
        ),
      })}
    >
      <SignUpForm onSignedUp={(org) => navigate({ to: '/$org/welcome', params: { org }, replace: true })} />
    </AuthFrame>
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
