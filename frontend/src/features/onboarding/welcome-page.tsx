import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Check } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { Page } from '@/components/page'
import { useAccount, useOrg } from '@/hooks/use-account'
import { cn } from '@/lib/cn'
import { DocumentsStep } from './components/documents-step'
import { DomainStep } from './components/domain-step'
import { QuestionStep } from './components/question-step'
import { ReadingStep } from './components/reading-step'
import { STEPS, type Step } from './steps'

const route = getRouteApi('/$org/welcome')

/** From an empty memory to the first answer from one's own documents, in four steps that can be left out. */
export function WelcomePage() {
  const t = useTranslations('welcome')
  const org = useOrg()
  const account = useAccount()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const leave = useNavigate()
  const step = search.step ?? 'domain'
  const place = STEPS.indexOf(step)

  function go(next: Step | undefined) {
    if (next) void navigate({ search: { step: next } })
    else void leave({ to: '/$org', params: { org } })
  }
  const onward = () => go(STEPS[place + 1])
  return (
    <Page title={t('title', { name: account.org.name })} note={t('note')}>
      <div className="mx-auto grid w-full max-w-3xl gap-6 pt-2">
        <Progress step={step} onGo={go} />
        <section aria-labelledby="step" className="grid gap-4">
          <div>
            <h2 id="step" className="text-base font-semibold">
              {t(`${step}.title`)}
            </h2>
            <p className="text-ui text-muted">{t(`${step}.text`)}</p>
          </div>
          {step === 'domain' ? <DomainStep onDone={onward} /> : null}
          {step === 'documents' ? <DocumentsStep onDone={onward} /> : null}
          {step === 'reading' ? <ReadingStep onDone={onward} /> : null}
          {step === 'question' ? (
            <QuestionStep question={search.q} onAsk={(q) => void navigate({ search: { step, q } })} onDone={onward} />
          ) : null}
        </section>
        <div className="flex items-center justify-between border-t pt-4">
          {place > 0 ? <Button onClick={() => go(STEPS[place - 1])}>{t('back')}</Button> : <span />}
          {step === 'question' ? null : (
            <Button look="quiet" onClick={onward}>
              {t('skip')}
            </Button>
          )}
        </div>
      </div>
    </Page>
  )
}

/** Where one is; a step of before can be gone back to. */
function Progress({ step, onGo }: { step: Step; onGo: (step: Step) => void }) {
  const t = useTranslations('welcome')
  const here = STEPS.indexOf(step)
  return (
    <ol aria-label={t('steps')} className="flex flex-wrap gap-x-6 gap-y-2 text-ui">
      {STEPS.map((one, place) => (
        <li key={one} aria-current={one === step ? 'step' : undefined}>
          <button
            type="button"
            disabled={place > here}
            onClick={() => onGo(one)}
            className={cn(
              'inline-flex items-center gap-2 rounded-md py-1 text-muted enabled:hover:text-fg',
              one === step && 'font-medium text-fg',
            )}
          >
            <Mark isDone={place < here} isHere={one === step}>
              {place + 1}
            </Mark>
            {t(`${one}.name`)}
          </button>
        </li>
      ))}
    </ol>
  )
}

function Mark({ isDone, isHere, children }: { isDone: boolean; isHere: boolean; children: ReactNode }) {
  return (
    <span
      aria-hidden
      className={cn(
        'grid size-6 place-items-center rounded-full border text-xs tabular-nums',
        isHere && 'border-accent bg-accent text-on-accent',
        isDone && 'border-accent text-accent-text',
      )}
    >
      {isDone ? <Check className="size-3.5" /> : children}
    </span>
  )
}
