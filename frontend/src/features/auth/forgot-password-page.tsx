import { zodResolver } from '@hookform/resolvers/zod'
import { Link } from '@tanstack/react-router'
import { MailCheck } from 'lucide-react'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import { useTranslations } from 'use-intl'
import * as z from 'zod/mini'
import { answerOf, api } from '@/api/client'
import { Button } from '@/components/button'
import { TextField } from '@/components/field'
import { showProblem } from '@/lib/form-problem'
import { AuthFrame, FormProblem } from './auth-frame'

export function ForgotPasswordPage() {
  const t = useTranslations('forgotPassword')
  const [sentTo, setSentTo] = useState<string | null>(null)
  return (
    <AuthFrame
      title={t('title')}
      note={t('note')}
      below={
        <Link to="/sign-in" className="font-medium text-accent-text hover:underline">
          {t('back')}
        </Link>
      }
    >
      {sentTo ? (
        <div role="status" className="grid gap-4">
          <p className="flex items-start gap-3 rounded-md border bg-surface px-3 py-2.5 text-ui">
            <MailCheck className="mt-0.5 size-4 shrink-0 text-accent-text" aria-hidden />
            {t('sent', { email: sentTo })}
          </p>
          <Button onClick={() => setSentTo(null)}>{t('other')}</Button>
        </div>
      ) : (
        <ForgotPasswordForm onSent={setSentTo} />
      )}
    </AuthFrame>
  )
}

/** Says the same whether there is such an account or not: so does the server. */
export function ForgotPasswordForm({ onSent }: { onSent: (email: string) => void }) {
  const t = useTranslations('forgotPassword')
  const schema = z.object({ email: z.email(t('badEmail')) })
  const { register, handleSubmit, setError, formState } = useForm({
    resolver: zodResolver(schema),
    defaultValues: { email: '' },
  })
  const submit = handleSubmit(async (values) => {
    try {
      await answerOf(api.POST('/api/v1/auth/password/reset', { body: values }))
      onSent(values.email)
    } catch (error) {
      showProblem(error, ['email'], setError, (problem) => {
        if (problem?.status === 429) return t('tooMany')
        return problem && problem.status !== 0 ? problem.message : t('unreachable')
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
      <Button type="submit" look="primary" size="large" isBusy={formState.isSubmitting}>
        {t('submit')}
      </Button>
    </form>
  )
}
