import { createFileRoute } from '@tanstack/react-router'
import { SecondFactorPage } from '@/features/account'

export const Route = createFileRoute('/$org/settings/second-factor')({ component: SecondFactorPage })
