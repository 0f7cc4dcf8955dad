import { zodResolver } from '@hookform/resolvers/zod'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useForm } from 'react-hook-form'
import { useTranslations } from 'use-intl'
import * as z from 'zod/mini'
import { answerOf, api } from '@/api/client'
import { Button } from '@/components/button'
import { PasswordField } from '@/components/field'
import { toast } from '@/components/toast'
import { showProblem } from '@/lib/form-problem'
import { SHORTEST_PASSWORD } from '@/lib/passwords'
import { AuthFrame, FormProblem } from './auth-frame'

const route = getRouteApi('/reset-password/$key')

/** Where the link of the mail leads. */
export function ResetPasswordPage() {
  const t = useTranslations('resetPassword')
  const navigate = useNavigate()
  const { key } = route.useParams()
  function signIn() {
    toast.done(t('done'))
    void navigate({ to: '/sign-in', replace: true })
  }
  return (
    <AuthFrame
      title={t('title')}
      note={t('note')}
      below={
        <Link to="/forgot-password" className="font-medium text-accent-text hover:underline">
          {t('another')}
        </Link>
      }
    >
      <ResetPasswordForm resetKey={key} onDone={signIn} />
    </AuthFrame>
  )
}

export function ResetPasswordForm({ resetKey, onDone }: { resetKey: string; onDone: () => void }) {
  const t = useTranslations('resetPassword')
  const schema = z.object({
    password: z.string().check(z.minLength(SHORTEST_PASSWORD, t('shortPassword', { count: SHORTEST_PASSWORD }))),
  })
  const { register, handleSubmit, setError, formState } = useForm({
    resolver: zodResolver(schema),
    defaultValues: { password: '' },
  })
  const submit = handleSubmit(async ({ password }) => {
    try {
      await answerOf(api.POST('/api/v1/auth/password/reset/confirm', { body: { key: resetKey, password } }))
      onDone()
    } catch (error) {
      showProblem(error, ['password'], setError, (problem) => {
        if (problem?.code === 'invalid_reset_key') return t('badLink')
        return problem && problem.status !== 0 ? problem.message : t('unreachable')
      })
    }
  })
  return (
    <form onSubmit={submit} noValidate className="grid gap-4">
      <FormProblem>{formState.errors.root?.message}</FormProblem>
      <PasswordField
        label={t('password')}
        hint={t('passwordHint', { count: SHORTEST_PASSWORD })}
        autoComplete="new-password"
        error={formState.errors.password?.message}
        {...register('password')}
      />
      <Button type="submit" look="primary" size="large" isBusy={formState.isSubmitting}>
        {t('submit')}
      </Button>
    </form>
  )
}
