import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { ConfirmDialog } from '@/components/confirm-dialog'
import { SelectField } from '@/components/select'
import { toast } from '@/components/toast'
import { useAccount, useOrg } from '@/hooks/use-account'
import { membersQuery, useTransferOwnership } from '../queries'

/** Hands the organisation to somebody else. The typed address says to whom, once more. */
export function TransferDialog({ onClose }: { onClose: () => void }) {
  const t = useTranslations('people.transfer')
  const { user, org } = useAccount()
  const members = useInfiniteQuery(membersQuery(useOrg(), '', ''))
  const others = members.data?.pages.flatMap((page) => page.results).filter((one) => one.id !== user.id) ?? []
  const [id, setId] = useState('')
  const chosen = others.find((one) => one.id === id)
  const transfer = useTransferOwnership()
  return (
    <ConfirmDialog
      // The word belongs to the person: another choice begins anew.
      key={id}
      title={t('title', { name: org.name })}
      word={chosen?.email ?? t('chooseFirst')}
      confirm={t('confirm')}
      isBusy={transfer.isPending}
      error={transfer.error}
      onConfirm={() =>
        chosen &&
        transfer.mutate(chosen.id, {
          onSuccess: () => {
            onClose()
            toast.done(t('done', { name: chosen.name || chosen.email }))
          },
        })
      }
      onClose={onClose}
    >
      <p>{t('text')}</p>
      {others.length === 0 && !members.isPending ? (
        <p>{t('alone')}</p>
      ) : (
        <div className="text-fg">
          <SelectField
            label={t('to')}
            value={id}
            onChange={setId}
            options={[
              { value: '', label: t('choose') },
              ...others.map((one) => ({ value: one.id, label: one.name ? `${one.name} (${one.email})` : one.email })),
            ]}
          />
        </div>
      )}
    </ConfirmDialog>
  )
}
