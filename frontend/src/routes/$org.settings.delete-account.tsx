import { createFileRoute } from '@tanstack/react-router'
import { DeleteAccountPage } from '@/features/account'

export const Route = createFileRoute('/$org/settings/delete-account')({ component: DeleteAccountPage })
