import { useTranslations } from 'use-intl'

// Others are an organisation's own and have the names it gave them.
const BUILT_IN = ['owner', 'admin', 'member', 'viewer'] as const

/** Names a role as people say it. */
export function useRoleName() {
  const t = useTranslations('account.roles')
  return (role: { name: string; title?: string }) => {
    const known = BUILT_IN.find((one) => one === role.name)
    return known ? t(known) : role.title || role.name
  }
}

/** Says what a role is for. */
export function useRoleText() {
  const t = useTranslations('people.roles.built')
  return (role: { name: string; description: string }) => {
    const known = BUILT_IN.find((one) => one === role.name)
    return known ? t(known) : role.description
  }
}
