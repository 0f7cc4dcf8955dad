import { zodResolver } from '@hookform/resolvers/zod'
import { getRouteApi, Link, useRouter } from '@tanstack/react-router'
import { useForm } from 'react-hook-form'
import { useTranslations } from 'use-intl'
import * as z from 'zod/mini'
import { answerOf, api } from '@/api/client'
import { openSession } from '@/api/session'
import { Button } from '@/components/button'
import { PasswordField, TextField } from '@/components/field'
import { showProblem } from '@/lib/form-problem'
import { AuthFrame, FormProblem } from './auth-frame'

const route = getRouteApi('/sign-in')

export function SignInPage() {
  const t = useTranslations('signIn')
  const router = useRouter()
  const { redirect } = route.useSearch()
  return (
    <AuthFrame
      title={t('title')}
      note={t('note')}
      below={t.rich('new', {
        link: (text) => (
          <Link to="/sign-up" className="font-medium text-accent-text hover:underline">
            {text}
          </Link>
        ),
      })}
    >
      {/* The link may be any path of ours, with its query. */}
      <SignInForm onSignedIn={() => router.history.replace(redirect ?? '/')} />
    </AuthFrame>
  )
}

export function SignInForm({ onSignedIn }: { onSignedIn: () => void }) {
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
