import { ShieldCheck } from 'lucide-react'
import { useFormatter, useTranslations } from 'use-intl'
import type { Module } from '../queries'
import { memoryUse, type Right, rightOf } from '../rights'

type Props = { module: Pick<Module, 'name' | 'memory_requirements'>; permissions: string[]; label: string }

/** What a module asks for, in plain words, each with the name that the API knows it by. */
export function RightsList({ module, permissions, label }: Props) {
  const t = useTranslations('modules.rights')
  const words = (right: Right) =>
    right.kind === 'ownOther'
      ? t('ownOther', { name: module.name, action: right.action })
      : t(right.kind, { name: module.name })
  return (
    <ul aria-label={label} className="grid gap-2 text-ui">
      {permissions.map(rightOf).map((right) => (
        <li key={right.permission} className="flex items-start gap-2">
          <ShieldCheck className="mt-0.5 size-4 shrink-0 text-muted" aria-hidden />
          <span className="min-w-0 break-words">
            {words(right)} <code className="font-mono text-xs text-subtle">{right.permission}</code>
          </span>
        </li>
      ))}
    </ul>
  )
}

/** What a module says that it does with the memory. */
export function MemoryUse({ module }: { module: Pick<Module, 'name' | 'memory_requirements'> }) {
  const t = useTranslations('modules.memory')
  const { list } = useFormatter()
  const { reads, writes, types, ways } = memoryUse(module)
  const access = reads ? (writes ? 'both' : 'reads') : writes ? 'writes' : 'none'
  return (
    <div className="grid gap-1 text-ui text-muted">
      <p>{t(access)}</p>
      {types.length > 0 ? <p>{t('types', { types: list(types) })}</p> : null}
      {ways.length > 0 ? <p>{t('ways', { ways: list(ways) })}</p> : null}
    </div>
  )
}
