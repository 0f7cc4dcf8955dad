import { createFileRoute } from '@tanstack/react-router'
import { SignInsPage } from '@/features/account'

export const Route = createFileRoute('/$org/settings/sign-ins')({ component: SignInsPage })
