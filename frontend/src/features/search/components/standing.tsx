import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { X } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { ErrorState, Skeleton } from '@/components/states'
import { type Explained, headline, memoryQuery, Verdict } from '@/features/memories'
import { useOrg } from '@/hooks/use-account'
import { MOST, type Question, type SearchSearch } from '../filters'
import { explainQuery } from '../queries'

type Change = (next: Partial<SearchSearch>) => void
type Props = { memoryId: string; questions: Question[]; onChange: Change }

/** Why a memory is among the results of a search, or what keeps it out, for each way of searching that is shown. */
export function Standing({ memoryId, questions, onChange }: Props) {
  const t = useTranslations('search')
  const org = useOrg()
  const memory = useQuery(memoryQuery(org, memoryId))
  return (
    <section aria-labelledby="standing" className="grid gap-3 rounded-lg border border-accent bg-surface p-4">
      <div className="flex items-start justify-between gap-4">
        <div className="min-w-0">
          <h2 id="standing" className="text-ui font-semibold">
            {t('why.title')}
          </h2>
          {memory.data ? (
            <Link
              to="/$org/memories/$memoryId"
              params={{ org, memoryId }}
              className="line-clamp-2 text-ui text-muted hover:underline"
            >
              {headline(memory.data.content)}
            </Link>
          ) : null}
        </div>
        <Button look="quiet" size="icon" aria-label={t('why.close')} onClick={() => onChange({ why: undefined })}>
          <X aria-hidden />
        </Button>
      </div>
      {questions.map((question) => (
        <One
          key={question.search_type}
          memoryId={memoryId}
          question={question}
          isOneOfMany={questions.length > 1}
          onChange={onChange}
        />
      ))}
    </section>
  )
}

type OneProps = { memoryId: string; question: Question; isOneOfMany: boolean; onChange: Change }

function One({ memoryId, question, isOneOfMany, onChange }: OneProps) {
  const t = useTranslations('search')
  const explained = useQuery(explainQuery(useOrg(), question, memoryId))
  return (
    <div role="status" className="grid gap-2">
      {isOneOfMany ? <h3 className="text-xs font-medium text-muted">{t(`by.${question.search_type}`)}</h3> : null}
      {explained.data ? (
        <>
          <Verdict explained={explained.data} shown={question.limit} />
          <WayIn explained={explained.data} question={question} onChange={onChange} />
        </>
      ) : explained.isError ? (
        <ErrorState
          error={explained.error}
          onRetry={() => void explained.refetch()}
          isRetrying={explained.isRefetching}
        />
      ) : (
        <Skeleton className="h-6" />
      )}
    </div>
  )
}

type WayInProps = Omit<OneProps, 'memoryId' | 'isOneOfMany'> & { explained: Explained }

/** What would let the memory in. */
function WayIn({ explained, question, onChange }: WayInProps) {
  const t = useTranslations('search')
  const undo = (next: Partial<SearchSearch>) => (
    <Button size="small" className="justify-self-start" onClick={() => onChange(next)}>
      {t('why.withoutFilter')}
    </Button>
  )
  switch (explained.gate) {
    case 'memory_types':
      return undo({ type: undefined })
    case 'time_window':
      return undo({ range: undefined })
    case 'threshold':
      return undo({ min: undefined })
    case 'limit':
      return question.limit < MOST && (explained.rank ?? 0) <= MOST ? (
        <Button
          size="small"
          className="justify-self-start"
          onClick={() => onChange({ show: String(MOST) as SearchSearch['show'] })}
        >
          {t('more')}
        </Button>
      ) : null
    default:
      return null
  }
}
