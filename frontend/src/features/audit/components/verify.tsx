import { CircleCheck, LoaderCircle, TriangleAlert, X } from 'lucide-react'
import { useFormatter, useTranslations } from 'use-intl'
import { Ago } from '@/components/ago'
import { Button } from '@/components/button'
import { useReason } from '@/components/plan-limit'
import { cn } from '@/lib/cn'
import type { AuditVerdict } from '../queries'

type Props = {
  isBusy: boolean
  checked: number
  verdict: AuditVerdict | undefined
  error: Error | null
  onClose: () => void
}

/** What verifying the log has found, in words. */
export function VerifyResult({ isBusy, checked, verdict, error, onClose }: Props) {
  const t = useTranslations('audit.verify')
  const { number } = useFormatter()
  const reason = useReason()
  if (!isBusy && !verdict && !error) return null
  const isBad = !isBusy && (error !== null || verdict?.valid === false)
  const Icon = isBusy ? LoaderCircle : isBad ? TriangleAlert : CircleCheck
  return (
    <div
      role={isBad ? 'alert' : 'status'}
      className="flex items-start gap-3 rounded-lg border bg-surface px-4 py-3 text-ui"
    >
      <Icon
        className={cn(
          'mt-0.5 size-4 shrink-0',
          isBusy ? 'animate-spin text-muted' : isBad ? 'text-danger' : 'text-good',
        )}
        aria-hidden
      />
      <div className="grid min-w-0 flex-1 gap-1">
        {isBusy ? (
          <p>{t('checking', { count: number(checked) })}</p>
        ) : error ? (
          <p>{t('failed', { reason: reason(error) })}</p>
        ) : verdict ? (
          <Words verdict={verdict} />
        ) : null}
      </div>
      {isBusy ? null : (
        <Button look="quiet" size="icon" className="-my-1.5 -mr-2" aria-label={t('close')} onClick={onClose}>
          <X aria-hidden />
        </Button>
      )}
    </div>
  )
}

function Words({ verdict }: { verdict: AuditVerdict }) {
  const t = useTranslations('audit.verify')
  const { number } = useFormatter()
  const { valid, checked, first_bad: bad, head } = verdict
  if (!valid)
    return bad ? (
      <p>{t.rich('bad', { position: number(bad.position), reason: () => <span lang="en">{bad.reason}</span> })}</p>
    ) : (
      <p>{t('badUnknown')}</p>
    )
  return (
    <>
      <p>{t('valid', { count: checked, position: number(head?.position ?? checked) })}</p>
      {head?.recorded_at ? <Signed at={head.recorded_at} keyId={head.key_id} /> : null}
    </>
  )
}

function Signed({ at, keyId }: { at: string; keyId: string }) {
  const t = useTranslations('audit.verify')
  return <p className="text-muted">{t.rich('signed', { key: keyId, ago: () => <Ago at={at} /> })}</p>
}
