import { useQuery } from '@tanstack/react-query'
import { CircleAlert, CircleCheck, LoaderCircle } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { Loaded } from '@/components/loaded'
import { useOrg } from '@/hooks/use-account'
import { type DeliveryDetail, deliveryQuery } from '../queries'
import { useOutcome } from './words'

// One who looks at it waits for it.
const WATCH_MS = 500

type Props = { deliveryId: string; isBusy: boolean; onAgain: () => void; onClose: () => void }

/** A test on its way, until it was answered. */
export function TestDialog({ deliveryId, isBusy, onAgain, onClose }: Props) {
  const t = useTranslations('webhooks.test')
  const test = useQuery({
    ...deliveryQuery(useOrg(), deliveryId),
    refetchInterval: ({ state }) => (state.data && state.data.status !== 'pending' ? false : WATCH_MS),
  })
  return (
    <Dialog title={t('title')} isOpen onClose={onClose} isWide>
      <div role="status" className="grid gap-3 text-ui">
        <Loaded query={test} skeleton={<Waiting />}>
          {(delivery) => (delivery.status === 'pending' ? <Waiting /> : <Result delivery={delivery} />)}
        </Loaded>
      </div>
      <p className="text-xs text-muted">{t('about')}</p>
      <div className="flex justify-end gap-2">
        <Button isBusy={isBusy} disabled={test.data?.status === 'pending'} onClick={onAgain}>
          {t('again')}
        </Button>
        <Button look="primary" onClick={onClose}>
          {t('done')}
        </Button>
      </div>
    </Dialog>
  )
}

function Waiting() {
  const t = useTranslations('webhooks.test')
  return (
    <p className="flex items-center gap-2 text-muted">
      <LoaderCircle className="size-4 animate-spin" aria-hidden />
      {t('waiting')}
    </p>
  )
}

function Result({ delivery }: { delivery: DeliveryDetail }) {
  const t = useTranslations('webhooks.test')
  const outcome = useOutcome()
  const isTaken = delivery.status === 'delivered'
  const Icon = isTaken ? CircleCheck : CircleAlert
  const last = delivery.log.at(-1)
  return (
    <>
      <p className="flex items-center gap-2 font-medium">
        <Icon className={isTaken ? 'size-4 text-good' : 'size-4 text-danger'} aria-hidden />
        {t(isTaken ? 'taken' : 'notTaken')}
      </p>
      {last ? <p className="text-muted first-letter:uppercase">{outcome(last)}</p> : null}
      {last?.response_excerpt ? (
        <pre className="max-h-40 overflow-auto rounded bg-sunken p-2 font-mono text-xs break-all whitespace-pre-wrap">
          {last.response_excerpt}
        </pre>
      ) : null}
    </>
  )
}
