import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { LoaderCircle } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { Notice } from '@/components/notice'
import { useProblemWords } from '@/components/problem'
import { toast } from '@/components/toast'
import { useOrg } from '@/hooks/use-account'
import { refreshSubscription, useTakeSubscription } from '../queries'
import { isSubscribed } from '../standing'

const route = getRouteApi('/$org/settings/billing')
const POLL_MS = 2000
const TRIES = 10
type Asked = { tries: number; isThere: boolean }

/** What became of the way to the payment page. */
export function CheckoutReturn() {
  const { checkout } = route.useSearch()
  const navigate = route.useNavigate()
  const t = useTranslations('billing.checkout')
  // Said once: not again when the page is loaded anew or linked to.
  const [wasCancelled, setCancelled] = useState(checkout === 'cancelled')
  useEffect(() => {
    if (checkout === 'cancelled') void navigate({ search: {}, replace: true })
  }, [checkout, navigate])
  if (checkout === 'done') return <Arrival />
  if (!wasCancelled) return null
  return (
    <Notice
      action={
        <Button size="small" look="quiet" onClick={() => setCancelled(false)}>
          {t('close')}
        </Button>
      }
    >
      <p role="status">{t('cancelled')}</p>
    </Notice>
  )
}

/** Asks until the plan has come: payment is told to us by Stripe, which takes a moment. */
function Arrival() {
  const t = useTranslations('billing.checkout')
  const words = useProblemWords()
  const navigate = route.useNavigate()
  const take = useTakeSubscription()
  const client = useQueryClient()
  const key = [useOrg(), 'billing', 'checkout']
  const arrival = useQuery({
    queryKey: key,
    queryFn: async () => {
      const tries = (client.getQueryData<Asked>(key)?.tries ?? 0) + 1
      const subscription = await refreshSubscription()
      if (isSubscribed(subscription)) {
        await take(subscription)
        toast.done(t('arrived', { plan: subscription.plan.name }))
        await navigate({ search: {}, replace: true })
      }
      return { tries, isThere: isSubscribed(subscription) }
    },
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchInterval: ({ state }) =>
      state.status === 'error' || state.data?.isThere || (state.data?.tries ?? 0) >= TRIES ? false : POLL_MS,
  })
  const hasTakenLong = arrival.isError || (arrival.data?.tries ?? 0) >= TRIES
  return (
    <Notice
      action={
        hasTakenLong ? (
          <Button size="small" isBusy={arrival.isFetching} onClick={() => void arrival.refetch()}>
            {t('again')}
          </Button>
        ) : null
      }
    >
      <div role="status" className="grid gap-1">
        {hasTakenLong ? (
          <>
            <p>{t('late')}</p>
            {arrival.error ? <p className="text-muted">{words(arrival.error)}</p> : null}
          </>
        ) : (
          <p className="flex items-center gap-2">
            <LoaderCircle className="size-4 animate-spin text-muted" aria-hidden />
            {t('waiting')}
          </p>
        )}
      </div>
    </Notice>
  )
}
