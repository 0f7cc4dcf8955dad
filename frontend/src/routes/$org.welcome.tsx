import { createFileRoute } from '@tanstack/react-router'
import { WelcomePage, welcomeSearch } from '@/features/onboarding'

export const Route = createFileRoute('/$org/welcome')({ validateSearch: welcomeSearch, component: WelcomePage })
