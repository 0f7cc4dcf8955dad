import { createFileRoute } from '@tanstack/react-router'
import { PasswordPage } from '@/features/account'

export const Route = createFileRoute('/$org/settings/password')({ component: PasswordPage })
