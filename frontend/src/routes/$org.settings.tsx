import { createFileRoute } from '@tanstack/react-router'
import { SettingsLayout } from '@/app/settings-layout'
import { loadMessages } from '@/i18n/locale'

export const Route = createFileRoute('/$org/settings')({
  loader: () => loadMessages('settings', 'entrance'),
  component: SettingsLayout,
})
