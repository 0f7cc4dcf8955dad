import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useFormatter, useTranslations } from 'use-intl'
import { may } from '@/api/account'
import { Ago } from '@/components/ago'
import { Button } from '@/components/button'
import { Keycap } from '@/components/keycap'
import { ErrorState, Skeleton } from '@/components/states'
import { typeName } from '@/features/memories'
import { useAccount, useOrg } from '@/hooks/use-account'
import { useKeys } from '@/hooks/use-keys'
import { piecesOf } from '../marked'
import { type Decision, type Review, reviewQuery, useDecide } from '../queries'

type Props = { reviewId: string; onDecided: () => void }

/** Two memories side by side, with what cannot hold in both, and what can be done about it. */
export function Pair({ reviewId, onDecided }: Props) {
  const t = useTranslations('reviews')
  const { number } = useFormatter()
  const found = useQuery(reviewQuery(useOrg(), reviewId))
  if (found.isError && !found.data) {
    return <ErrorState error={found.error} onRetry={() => void found.refetch()} isRetrying={found.isRefetching} />
  }
  if (!found.data) return <Skeleton className="h-64" />
  const review = found.data
  const score = number(review.score, { style: 'percent', maximumFractionDigits: 0 })
  return (
    <section aria-label={t('pair')} className="grid min-w-0 gap-3">
      <p className="text-ui text-muted">{t(`about.${review.kind}`, { score })}</p>
      <div className="grid gap-3 md:grid-cols-2">
        <Side review={review} side="older" />
        <Side review={review} side="newer" />
      </div>
      {review.status === 'open' ? (
        <Choice review={review} onDecided={onDecided} />
      ) : (
        <p>{t(`states.${review.status}`)}</p>
      )}
    </section>
  )
}

function Side({ review, side }: { review: Review; side: 'older' | 'newer' }) {
  const t = useTranslations('reviews')
  const org = useOrg()
  const memory = review[side]
  return (
    <article aria-label={t(side)} className="grid min-w-0 content-start gap-2 rounded-lg border bg-surface p-4">
      <header className="flex flex-wrap items-baseline justify-between gap-x-3 text-xs text-muted">
        <h2 className="text-ui font-semibold text-fg">{t(side)}</h2>
        {memory ? (
          <span className="flex gap-3">
            <span>{typeName(memory.memory_type)}</span>
            <Ago at={memory.occurred_at} />
          </span>
        ) : null}
      </header>
      {memory ? (
        <>
          <p className="leading-relaxed break-words whitespace-pre-wrap">
            {piecesOf(
              memory.content,
              review.evidence.map((one) => one[side]),
            ).map(({ text, mark }, place) =>
              mark === 'none' ? (
                text
              ) : (
                <mark
                  // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a text do not move
                  key={place}
                  className={
                    mark === 'value'
                      ? 'rounded-sm bg-accent-soft font-semibold text-accent-text'
                      : 'bg-transparent text-fg underline decoration-accent decoration-dotted underline-offset-4'
                  }
                >
                  {text}
                </mark>
              ),
            )}
          </p>
          <Link
            to="/$org/memories/$memoryId"
            params={{ org, memoryId: memory.memory_id }}
            className="justify-self-start text-ui text-accent-text hover:underline"
          >
            {t('open')}
          </Link>
        </>
      ) : (
        <p className="text-ui text-muted">{t('gone')}</p>
      )}
    </article>
  )
}

/** What can be said of a pair; the first is what one mostly means, and has a key. */
function Choice({ review, onDecided }: { review: Review; onDecided: () => void }) {
  const t = useTranslations('reviews.choices')
  const canWrite = may(useAccount(), 'memory:write')
  const decide = useDecide(onDecided)
  const { review_id: id, kind, older, newer } = review
  function act(decision: Decision['decision'], keep?: string) {
    if (decide.isPending) return
    decide.mutate({ id, decision, ...(keep && { keep }) })
  }
  const decision = kind === 'duplicate' ? 'merge' : 'accept'
  const [kept, other] = kind === 'duplicate' ? (['older', 'newer'] as const) : (['newer', 'older'] as const)
  const first = () => act(decision, review[kept]?.memory_id)
  const dismiss = () => act('dismiss')
  useKeys({ a: canWrite ? first : undefined, d: canWrite ? dismiss : undefined })
  if (!canWrite) return <p className="text-ui text-muted">{t('notAllowed')}</p>
  if (!older || !newer) return null
  return (
    <div className="flex flex-wrap gap-2">
      <Button look="primary" isBusy={decide.isPending} onClick={first}>
        {t(`${kind}.${kept}`)}
        <Keycap>a</Keycap>
      </Button>
      <Button isBusy={decide.isPending} onClick={() => act(decision, review[other]?.memory_id)}>
        {t(`${kind}.${other}`)}
      </Button>
      <Button isBusy={decide.isPending} onClick={dismiss}>
        {t(`${kind}.dismiss`)}
        <Keycap>d</Keycap>
      </Button>
    </div>
  )
}
