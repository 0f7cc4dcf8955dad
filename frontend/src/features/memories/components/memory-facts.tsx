import type { ReactNode } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { Ago } from '@/components/ago'
import { typeName } from '../headline'
import { plain } from '../metadata'
import type { Memory } from '../queries'
import { Origin } from './origin'

/** What is known about a memory besides its text. */
export function MemoryFacts({ memory }: { memory: Memory }) {
  const t = useTranslations('memory')
  const { dateTime, number } = useFormatter()
  const exact = (at: string) => dateTime(new Date(at), { dateStyle: 'medium', timeStyle: 'short' })
  const facts: [string, ReactNode][] = [
    [t('type'), typeName(memory.memory_type)],
    [t('occurred'), exact(memory.occurred_at)],
    [t('occurredEnd'), memory.occurred_end && exact(memory.occurred_end)],
    [t('recorded'), <Ago key="recorded" at={memory.recorded_at} />],
    [t('revised'), memory.revision > 1 && <Ago key="revised" at={memory.revised_at} />],
    [t('revision'), number(memory.revision)],
    [t('expires'), memory.expires_at && exact(memory.expires_at)],
    [t('deleted'), memory.deleted_at && <Ago key="deleted" at={memory.deleted_at} />],
    [t('from'), memory.file && <Origin key="from" file={memory.file} />],
    [t('source'), memory.source],
    [t('module'), memory.module],
    // What belongs to no module is everybody's: no word about that.
    [t('openBy'), memory.module && memory.access_via !== 'organization' && t(`via.${memory.access_via}`)],
    [t('externalId'), memory.external_id && <Code key="external">{memory.external_id}</Code>],
    [t('id'), <Code key="id">{memory.memory_id}</Code>],
  ]
  return (
    <dl className="grid grid-cols-[7.5rem_minmax(0,1fr)] gap-x-3 gap-y-1.5 text-ui">
      {facts.map(([name, value]) =>
        value ? (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd className="min-w-0 break-words">{value}</dd>
          </div>
        ) : null,
      )}
      {Object.entries(memory.metadata).map(([name, value]) => (
        <div key={`metadata ${name}`} className="contents">
          <dt className="truncate text-muted" title={name}>
            {name}
          </dt>
          <dd className="min-w-0 break-words">{plain(value)}</dd>
        </div>
      ))}
    </dl>
  )
}

function Code({ children }: { children: string }) {
  return <code className="font-mono text-xs break-all">{children}</code>
}
