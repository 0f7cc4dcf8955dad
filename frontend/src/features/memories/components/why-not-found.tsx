import { type FormEvent, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import type { Schemas } from '@/api/client'
import { Button } from '@/components/button'
import { TextField } from '@/components/field'
import { Panel } from '@/components/panel'
import { Score } from '@/features/search'
import { ApiError } from '@/lib/problem'
import { SHOWN_BY_SEARCH, useExplain } from '../queries'

// As the API names them.
const GATES = [
  'trashed',
  'expired',
  'memory_types',
  'time_window',
  'filters',
  'not_found_by_any_channel',
  'threshold',
  'limit',
] as const
const LONGEST_QUESTION = 2000

/** Whether a question finds this memory, at which place, and what keeps it out otherwise. */
export function WhyNotFound({ memoryId }: { memoryId: string }) {
  const t = useTranslations('whyNotFound')
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
            {t('failed', { reason: explain.error.message })}
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

function Answer({ answer, question }: { answer: Schemas['ExplainOutput']; question: string }) {
  const t = useTranslations('whyNotFound')
  const { number } = useFormatter()
  const gate = GATES.find((one) => one === answer.gate)
  return (
    <div className="grid gap-2 border-t pt-3 text-ui">
      <p className="text-muted">{t('quote', { question })}</p>
      <p className="font-medium">
        {gate ? t(`gates.${gate}`, { limit: SHOWN_BY_SEARCH }) : answer.gate ? t('keptOut') : t('found')}
      </p>
      {answer.rank ? (
        <p>{t('place', { rank: number(answer.rank), candidates: number(answer.candidates) })}</p>
      ) : (
        // The API answers in English.
        <p lang="en">{answer.detail}</p>
      )}
      {answer.score !== null && answer.contributions.length > 0 ? (
        <Score result={{ score: answer.score, contributions: answer.contributions }} isOpenAtFirst={false} />
      ) : null}
    </div>
  )
}
