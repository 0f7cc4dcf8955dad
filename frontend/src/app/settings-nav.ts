/** The pages of the settings: what their own navigation, the palette and the check of a direct visit go by. */
import {
  Archive,
  BadgeCheck,
  Building2,
  ChartColumn,
  CreditCard,
  Globe,
  KeyRound,
  Link2,
  Lock,
  type LucideIcon,
  MonitorSmartphone,
  Package,
  Palette,
  ReceiptText,
  ScrollText,
  Share2,
  ShieldCheck,
  SlidersHorizontal,
  UserRound,
  UserRoundX,
  Users,
  Webhook,
} from 'lucide-react'
import { type Account, may, type Permission } from '@/api/account'
import type { Messages } from '@/i18n/locale'

export type SettingsItem = {
  id: keyof Messages['settings']['nav']
  to: `/$org/settings/${
    | 'general'
    | 'members'
    | 'roles'
    | 'api-keys'
    | 'webhooks'
    | 'audit'
    | 'security'
    | 'branding'
    | 'domains'
    | 'memory'
    | 'sharing'
    | 'retention'
    | 'exports'
    | 'billing'
    | 'usage'
    | 'invoices'
    | 'profile'
    | 'password'
    | 'second-factor'
    | 'sessions'
    | 'sign-ins'
    | 'delete-account'}`
  icon: LucideIcon
  permission?: Permission
}
export type SettingsSection = { id: keyof Messages['settings']['sections']; items: SettingsItem[] }

export const SETTINGS: SettingsSection[] = [
  {
    id: 'organisation',
    items: [
      { id: 'general', to: '/$org/settings/general', icon: Building2, permission: 'org:read' },
      { id: 'members', to: '/$org/settings/members', icon: Users, permission: 'members:read' },
      { id: 'roles', to: '/$org/settings/roles', icon: BadgeCheck, permission: 'members:read' },
      { id: 'apiKeys', to: '/$org/settings/api-keys', icon: KeyRound, permission: 'keys:read' },
      { id: 'webhooks', to: '/$org/settings/webhooks', icon: Webhook, permission: 'webhooks:read' },
      { id: 'security', to: '/$org/settings/security', icon: ShieldCheck, permission: 'org:read' },
      { id: 'branding', to: '/$org/settings/branding', icon: Palette, permission: 'org:read' },
      { id: 'domains', to: '/$org/settings/domains', icon: Globe, permission: 'org:read' },
      { id: 'memory', to: '/$org/settings/memory', icon: SlidersHorizontal, permission: 'memory:read' },
      { id: 'sharing', to: '/$org/settings/sharing', icon: Share2, permission: 'memory:admin' },
      { id: 'retention', to: '/$org/settings/retention', icon: Archive, permission: 'memory:admin' },
      { id: 'exports', to: '/$org/settings/exports', icon: Package, permission: 'memory:export' },
      { id: 'audit', to: '/$org/settings/audit', icon: ScrollText, permission: 'audit:read' },
    ],
  },
  {
    id: 'billing',
    items: [
      { id: 'plan', to: '/$org/settings/billing', icon: CreditCard, permission: 'billing:read' },
      { id: 'usage', to: '/$org/settings/usage', icon: ChartColumn, permission: 'billing:read' },
      { id: 'invoices', to: '/$org/settings/invoices', icon: ReceiptText, permission: 'billing:read' },
    ],
  },
  {
    id: 'account',
    items: [
      { id: 'profile', to: '/$org/settings/profile', icon: UserRound },
      { id: 'password', to: '/$org/settings/password', icon: Lock },
      { id: 'secondFactor', to: '/$org/settings/second-factor', icon: ShieldCheck },
      { id: 'sessions', to: '/$org/settings/sessions', icon: MonitorSmartphone },
      { id: 'signIns', to: '/$org/settings/sign-ins', icon: Link2 },
      { id: 'deleteAccount', to: '/$org/settings/delete-account', icon: UserRoundX },
    ],
  },
]

export function isOpenTo(account: Account, item: SettingsItem) {
  return !item.permission || may(account, item.permission)
}

/** The sections with what is open to somebody. */
export function settingsFor(account: Account): SettingsSection[] {
  return SETTINGS.map((section) => ({
    ...section,
    items: section.items.filter((item) => isOpenTo(account, item)),
  })).filter((section) => section.items.length > 0)
}

/** The page that a path leads to, or the one that it lies below, whoever asks. */
export function settingsItemAt(path: string): SettingsItem | undefined {
  const below = path.replace(/^\/[^/]+/, '/$org')
  return SETTINGS.flatMap((section) => section.items).find(
    (item) => below === item.to || below.startsWith(`${item.to}/`),
  )
}
