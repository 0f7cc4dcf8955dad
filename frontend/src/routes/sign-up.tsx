import { createFileRoute } from '@tanstack/react-router'
import { SignUpPage } from '@/features/auth'
import { loadMessages } from '@/i18n/locale'

export const Route = createFileRoute('/sign-up')({ loader: () => loadMessages('entrance'), component: SignUpPage })
