import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { insightsQuery } from '@/features/insights'
import { QuestionBox, Results, searchQuery } from '@/features/search'
import { useOrg } from '@/hooks/use-account'

const SHOWN = 5
const SUGGESTED = 3

type Props = { question: string | undefined; onAsk: (question: string) => void; onDone: () => void }

/** The proof: an answer from one's own documents, with the reason beside it. */
export function QuestionStep({ question, onAsk, onDone }: Props) {
  const t = useTranslations('welcome.question')
  const org = useOrg()
  const navigate = useNavigate()
  const found = useQuery(searchQuery(org, question ? { query: question, search_type: 'hybrid', limit: SHOWN } : null))
  const insights = useQuery(insightsQuery(org, undefined))
  const concepts = insights.data?.dominant_concepts.slice(0, SUGGESTED) ?? []
  return (
    <>
      <QuestionBox question={question ?? ''} onAsk={onAsk} isBusy={found.isFetching} />
      {question ? (
        <Results
          found={found}
          openId={undefined}
          onOpen={(memoryId) => void navigate({ to: '/$org/memories/$memoryId', params: { org, memoryId } })}
          ways={null}
        />
      ) : concepts.length > 0 ? (
        <div className="flex flex-wrap gap-2">
          {concepts.map(({ concept, entity_id }) => (
            <Button key={entity_id} onClick={() => onAsk(t('about', { name: concept }))}>
              {t('about', { name: concept })}
            </Button>
          ))}
        </div>
      ) : null}
      <Button look={question ? 'primary' : 'plain'} className="justify-self-end" onClick={onDone}>
        {t('done')}
      </Button>
    </>
  )
}
