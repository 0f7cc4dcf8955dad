import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { TextField } from '@/components/field'
import { Panel } from '@/components/panel'
import { useReason } from '@/components/plan-limit'
import { ApiError } from '@/lib/problem'
import { type Explained, SHOWN_BY_SEARCH, useExplain } from '../queries'
import { Verdict } from './verdict'

const LONGEST_QUESTION = 2000

/** Whether a question finds this memory, at which place, and what keeps it out otherwise. */
export function WhyNotFound({ memoryId }: { memoryId: string }) {
  const t = useTranslations('whyNotFound')
  const reason = useReason()
  const explain = useExplain(memoryId)
  const [question, setQuestion] = useState('')
  const asked = question.trim()
  function ask(event: FormEvent) {
    event.preventDefault()
    if (asked && !explain.isPending) explain.mutate(asked)
  }
  return (
    <Panel title={t('title')} note={t('note')}>
      <form onSubmit={ask} className="grid gap-3">
        <TextField
          label={t('question')}
          maxLength={LONGEST_QUESTION}
          value={question}
          onChange={(event) => setQuestion(event.target.value)}
          autoComplete="off"
        />
        <Button type="submit" className="justify-self-start" isBusy={explain.isPending}>
          {t('ask')}
        </Button>
      </form>
      <div aria-live="polite" className="mt-3 empty:mt-0">
        {explain.isError ? (
          <p className="text-ui text-danger">
            {t('failed', { reason: reason(explain.error) })}
            {explain.error instanceof ApiError && explain.error.requestId ? (
              <>
                {' '}
                <code className="font-mono text-xs break-all">{explain.error.requestId}</code>
              </>
            ) : null}
          </p>
        ) : explain.data && !explain.isPending ? (
          <Answer key={explain.submittedAt} answer={explain.data} question={explain.variables} />
        ) : null}
      </div>
    </Panel>
  )
}

function Answer({ answer, question }: { answer: Explained; question: string }) {
  const t = useTranslations('whyNotFound')
  return (
    <div className="grid gap-2 border-t pt-3">
      <p className="text-ui text-muted">{t('quote', { question })}</p>
      <Verdict explained={answer} shown={SHOWN_BY_SEARCH} />
    </div>
  )
}
