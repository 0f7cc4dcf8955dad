import { lazy, Suspense } from 'react'
import { useAccount } from '@/hooks/use-account'
import { loadMessages } from '@/i18n/locale'
import { OutlinePage } from './fallbacks'
import { ProofGate } from './proof-gate'
import { Shell } from './shell'

const EnrolmentPage = lazy(async () => {
  const [page] = await Promise.all([import('./enrolment-page'), loadMessages('settings', 'entrance')])
  return { default: page.EnrolmentPage }
})

/** The pages of an organisation, or what one has to do before one sees them. */
export function OrganisationFrame() {
  const { mfa_enrollment_required: mustEnrol } = useAccount()
  return (
    <>
      {mustEnrol ? (
        <Suspense fallback={<OutlinePage />}>
          <EnrolmentPage />
        </Suspense>
      ) : (
        <Shell />
      )}
      <ProofGate />
    </>
  )
}
