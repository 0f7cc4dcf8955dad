import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { may } from '@/api/account'
import { Button } from '@/components/button'
import { useFailed } from '@/components/plan-limit'
import { ErrorState, Skeleton } from '@/components/states'
import { contextQuery } from '@/features/concepts'
import { type Domain, DomainChoice, isDomain, useChangeContext } from '@/features/memory-settings'
import { useAccount, useOrg } from '@/hooks/use-account'

/** What the organisation is about; the choice is saved on the way to the next step. */
export function DomainStep({ onDone }: { onDone: () => void }) {
  const t = useTranslations('welcome')
  const failed = useFailed()
  const context = useQuery(contextQuery(useOrg()))
  const change = useChangeContext()
  const canChange = may(useAccount(), 'memory:admin')
  const [chosen, setChosen] = useState<Domain | null>(null)
  if (context.isError) return <ErrorState error={context.error} onRetry={() => void context.refetch()} />
  if (!context.data) return <Skeleton className="h-60" />
  const stored = isDomain(context.data.domain) ? context.data.domain : undefined
  function goOn() {
    if (!chosen || chosen === stored) onDone()
    else
      change.mutate(
        { domain: chosen },
        { onSuccess: onDone, onError: (error) => failed(error, (reason) => t('domain.failed', { reason })) },
      )
  }
  return (
    <>
      <DomainChoice value={chosen ?? stored} onChange={setChosen} isDisabled={!canChange || change.isPending} />
      <Button look="primary" className="justify-self-end" isBusy={change.isPending} onClick={goOn}>
        {t('domain.next')}
      </Button>
    </>
  )
}
