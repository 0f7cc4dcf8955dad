import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Clock, FileUp, MessageCircleQuestion } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button, buttonStyle } from '@/components/button'
import { EmptyState } from '@/components/states'
import { insightsQuery } from '@/features/insights'
import { useOrg } from '@/hooks/use-account'
import { forgetQuestions, recentQuestions } from '../recent'

const SUGGESTED = 4

/** Before a question: those of before, and some that this memory can answer. */
export function Start({ onAsk }: { onAsk: (question: string) => void }) {
  const t = useTranslations('search')
  const org = useOrg()
  const [recent, setRecent] = useState(() => recentQuestions(org))
  const insights = useQuery(insightsQuery(org, undefined))
  if (insights.data?.total_memories === 0) {
    return (
      <EmptyState
        icon={FileUp}
        title={t('first.title')}
        action={
          <Link to="/$org/import" params={{ org }} className={buttonStyle({ look: 'primary' })}>
            {t('first.import')}
          </Link>
        }
      >
        {t('first.text')}
      </EmptyState>
    )
  }
  const concepts = insights.data?.dominant_concepts.slice(0, SUGGESTED) ?? []
  return (
    <div className="grid gap-6 py-2 md:grid-cols-2">
      {recent.length > 0 ? (
        <section aria-labelledby="recent" className="grid content-start gap-1">
          <div className="flex items-center justify-between">
            <h2 id="recent" className="text-ui font-semibold">
              {t('recent')}
            </h2>
            <Button
              look="quiet"
              size="small"
              onClick={() => {
                forgetQuestions(org)
                setRecent([])
              }}
            >
              {t('forget')}
            </Button>
          </div>
          <ul>
            {recent.map((question) => (
              <Ask key={question} question={question} icon={Clock} onAsk={onAsk} />
            ))}
          </ul>
        </section>
      ) : null}
      {concepts.length > 0 ? (
        <section aria-labelledby="suggested" className="grid content-start gap-1">
          <h2 id="suggested" className="flex h-7 items-center text-ui font-semibold">
            {t('suggested')}
          </h2>
          <ul>
            {concepts.map(({ concept, entity_id }) => (
              <Ask
                key={entity_id}
                question={t('about', { name: concept })}
                icon={MessageCircleQuestion}
                onAsk={onAsk}
              />
            ))}
          </ul>
        </section>
      ) : null}
    </div>
  )
}

type AskProps = { question: string; icon: typeof Clock; onAsk: (question: string) => void }

function Ask({ question, icon: Icon, onAsk }: AskProps) {
  return (
    <li>
      <button
        type="button"
        onClick={() => onAsk(question)}
        className="flex w-full items-center gap-2.5 rounded-md px-2 py-1.5 text-left hover:bg-sunken"
      >
        <Icon className="size-4 shrink-0 text-subtle" aria-hidden />
        <span className="min-w-0 truncate">{question}</span>
      </button>
    </li>
  )
}
