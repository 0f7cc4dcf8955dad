/** The pages of the dashboard: what the sidebar, the palette and the keys lead to. A page that is not built is not here. */
import {
  Blocks,
  ChartNoAxesCombined,
  FileUp,
  GitCompareArrows,
  Layers,
  type LucideIcon,
  Map as MapIcon,
  Search,
  Settings,
  Shapes,
  Waypoints,
} from 'lucide-react'
import { type Account, may, type Permission } from '@/api/account'
import type { Messages } from '@/i18n/locale'

export type NavItem = {
  id: keyof Messages['nav']
  to:
    | '/$org'
    | '/$org/search'
    | '/$org/memories'
    | '/$org/graph'
    | '/$org/map'
    | '/$org/concepts'
    | '/$org/import'
    | '/$org/review'
    | '/$org/modules'
    | '/$org/settings'
  icon: LucideIcon
  /** The second key, after `g`. */
  key: string
  permission?: Permission
  /** The plans that include the page; without them, every plan. */
  plans?: readonly string[]
}
export type NavSection = { id: keyof Messages['navSections'] | null; items: NavItem[] }

export const NAV: NavSection[] = [
  {
    id: null,
    items: [
      { id: 'overview', to: '/$org', icon: ChartNoAxesCombined, key: 'o', permission: 'memory:read' },
      { id: 'search', to: '/$org/search', icon: Search, key: 's', permission: 'memory:read' },
    ],
  },
  {
    id: 'memory',
    items: [
      { id: 'memories', to: '/$org/memories', icon: Layers, key: 'm', permission: 'memory:read' },
      { id: 'graph', to: '/$org/graph', icon: Waypoints, key: 'g', permission: 'memory:read' },
      { id: 'map', to: '/$org/map', icon: MapIcon, key: 'p', permission: 'memory:read' },
      { id: 'concepts', to: '/$org/concepts', icon: Shapes, key: 'c', permission: 'memory:read' },
      { id: 'import', to: '/$org/import', icon: FileUp, key: 'i', permission: 'memory:read' },
      { id: 'review', to: '/$org/review', icon: GitCompareArrows, key: 'r', permission: 'memory:read' },
    ],
  },
  {
    id: 'organisation',
    items: [
      { id: 'modules', to: '/$org/modules', icon: Blocks, key: 'u', permission: 'modules:read' },
      { id: 'settings', to: '/$org/settings', icon: Settings, key: 't' },
    ],
  },
]

export function isOpenTo(account: Account, item: NavItem) {
  const isAllowed = !item.permission || may(account, item.permission)
  return isAllowed && (!item.plans || item.plans.includes(account.subscription_tier))
}

/** The sections with what is open to somebody; empty ones are left out. */
export function navFor(account: Account): NavSection[] {
  return NAV.map((section) => ({ ...section, items: section.items.filter((item) => isOpenTo(account, item)) })).filter(
    (section) => section.items.length > 0,
  )
}
