import { CircleAlert, CircleCheck } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { TextArea } from '@/components/field'
import { isPlanLimit, PlansLink } from '@/components/plan-limit'
import { useProblemWords } from '@/components/problem'
import { SelectField } from '@/components/select'
import { toast } from '@/components/toast'
import { addressesOf } from '../addresses'
import { type Outcome, type Role, useInvite } from '../queries'
import { useRoleName, useRoleText } from '../role-name'

/** Invites several people at once. What was refused stays, with the reason. */
export function InviteDialog({ roles, onClose }: { roles: Role[]; onClose: () => void }) {
  const t = useTranslations('people.invite')
  const roleName = useRoleName()
  const roleText = useRoleText()
  const [text, setText] = useState('')
  const [role, setRole] = useState('member')
  const [isTried, setTried] = useState(false)
  const [outcomes, setOutcomes] = useState<Outcome[]>([])
  const invite = useInvite()
  const chosen = roles.find((one) => one.name === role)
  const { emails, wrong } = addressesOf(text)
  const problem =
    wrong.length > 0 ? t('wrong', { what: wrong.join(', ') }) : emails.length === 0 ? t('none') : undefined
  function submit(event: FormEvent) {
    event.preventDefault()
    setTried(true)
    if (problem || invite.isPending) return
    invite.mutate(
      { emails, role },
      {
        onSuccess: (tried) => {
          const refused = tried.filter((one) => one.error)
          const sent = tried.length - refused.length
          if (sent > 0) toast.done(t('sent', { count: sent }))
          if (refused.length === 0) return onClose()
          setOutcomes(tried)
          setText(refused.map((one) => one.email).join('\n'))
        },
      },
    )
  }
  return (
    <Dialog title={t('title')} isOpen onClose={onClose}>
      <form onSubmit={submit} className="grid gap-4">
        <TextArea
          label={t('addresses')}
          hint={t('addressesHint')}
          value={text}
          onChange={(event) => setText(event.target.value)}
          error={isTried ? problem : undefined}
        />
        <SelectField
          label={t('role')}
          value={role}
          onChange={setRole}
          options={roles
            .filter((one) => one.name !== 'owner')
            .map((one) => ({ value: one.name, label: roleName(one) }))}
          hint={chosen ? roleText(chosen) : ''}
        />
        <Outcomes outcomes={outcomes} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" look="primary" isBusy={invite.isPending}>
            {t('submit', { count: Math.max(emails.length, 1) })}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function Outcomes({ outcomes }: { outcomes: Outcome[] }) {
  const t = useTranslations('people.invite')
  const words = useProblemWords()
  if (outcomes.length === 0) return null
  return (
    <div role="alert" className="grid gap-2 rounded-md border px-3 py-2 text-ui">
      <ul className="grid gap-1.5">
        {outcomes.map(({ email, error }) => (
          <li key={email} className="flex items-start gap-2">
            {error ? (
              <CircleAlert className="mt-0.5 size-4 shrink-0 text-danger" aria-hidden />
            ) : (
              <CircleCheck className="mt-0.5 size-4 shrink-0 text-good" aria-hidden />
            )}
            <span className="min-w-0 break-words">
              {email}: {error ? words(error) : t('wasSent')}
            </span>
          </li>
        ))}
      </ul>
      {outcomes.some(({ error }) => isPlanLimit(error)) ? <PlansLink className="justify-self-start" /> : null}
    </div>
  )
}
