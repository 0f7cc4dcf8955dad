import { lazy, Suspense, useEffect, useState } from 'react'
import { onProofWanted } from '@/api/proof'
import { loadMessages } from '@/i18n/locale'

const ProofDialog = lazy(async () => {
  const [dialog] = await Promise.all([import('@/features/auth/proof-dialog'), loadMessages('entrance')])
  return dialog
})

/** Asks for a fresh proof when the client needs one. */
export function ProofGate() {
  const [answer, setAnswer] = useState<((isProven: boolean) => void) | null>(null)
  useEffect(() => onProofWanted(() => new Promise((resolve) => setAnswer(() => resolve))), [])
  if (!answer) return null
  return (
    <Suspense fallback={null}>
      <ProofDialog
        onAnswer={(isProven) => {
          setAnswer(null)
          answer(isProven)
        }}
      />
    </Suspense>
  )
}
