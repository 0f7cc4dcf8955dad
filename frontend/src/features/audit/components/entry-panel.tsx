import { Link } from '@tanstack/react-router'
import { type ReactNode, useId } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { CopyButton } from '@/components/copy'
import { Facts } from '@/components/facts'
import { SidePanel } from '@/components/side-panel'
import { TextDiff } from '@/components/text-diff'
import { useOrg } from '@/hooks/use-account'
import type { AuditSearch } from '../filters'
import type { AuditEntry } from '../queries'
import { useActorName } from './words'

type Props = {
  position: string
  /** The entry, if it is among those that are listed. */
  entry: AuditEntry | undefined
  description: string | undefined
  onNarrow: (by: Partial<AuditSearch>) => void
  onClose: () => void
}

/** One entry beside the list: everything that is known of it, and the ways to what belongs to it. */
export function EntryPanel({ position, entry, description, onNarrow, onClose }: Props) {
  const t = useTranslations('audit.entry')
  return (
    <SidePanel title={t('title', { position })} label={entry?.action ?? t('title', { position })} onClose={onClose}>
      {entry ? (
        <Details entry={entry} description={description} onNarrow={onNarrow} />
      ) : (
        <p className="text-ui text-muted">{t('elsewhere')}</p>
      )}
    </SidePanel>
  )
}

function Details({
  entry,
  description,
  onNarrow,
}: Omit<Props, 'position' | 'onClose' | 'entry'> & { entry: AuditEntry }) {
  const t = useTranslations('audit.entry')
  const { dateTime } = useFormatter()
  const actorName = useActorName()
  const at = new Date(entry.occurred_at)
  const { actor, subject } = entry
  return (
    <>
      {description ? (
        <p lang="en" className="leading-relaxed">
          {description}
        </p>
      ) : null}
      <Facts
        rows={[
          { name: t('action'), value: <code className="font-mono text-xs">{entry.action}</code> },
          {
            name: t('actor'),
            value: (
              <Value
                id={actor.id}
                more={
                  actor.id ? (
                    <More onPress={() => onNarrow({ actor_kind: kindOf(actor.kind), actor_id: actor.id })}>
                      {t('sameActor')}
                    </More>
                  ) : null
                }
              >
                {actorName(actor)}
              </Value>
            ),
          },
          {
            name: t('subject'),
            value: (
              <Value
                id={subject.id}
                more={
                  <>
                    <Opening subject={subject} />
                    {subject.id ? (
                      <More onPress={() => onNarrow({ subject_kind: subject.kind, subject_id: subject.id })}>
                        {t('sameSubject')}
                      </More>
                    ) : null}
                  </>
                }
              >
                <code className="font-mono text-xs">{subject.kind}</code>
              </Value>
            ),
          },
          {
            name: t('at'),
            value: (
              <time dateTime={entry.occurred_at} className="tabular-nums">
                {dateTime(at, { dateStyle: 'long', timeStyle: 'medium' })}
                <span className="block text-xs text-muted">
                  {dateTime(at, { dateStyle: 'short', timeStyle: 'medium', timeZone: 'UTC' })} {t('utc')}
                </span>
              </time>
            ),
          },
          {
            name: t('ip'),
            value: entry.ip ? (
              <Value id="" more={<More onPress={() => onNarrow({ ip: entry.ip ?? undefined })}>{t('sameIp')}</More>}>
                <code className="font-mono text-xs">{entry.ip}</code>
              </Value>
            ) : (
              <span className="text-muted">{t('noIp')}</span>
            ),
          },
          // What no request has brought has a dash there.
          ...(entry.request_id && entry.request_id !== '-'
            ? [
                {
                  name: t('request'),
                  value: (
                    <Value
                      id={entry.request_id}
                      copyLabel={t('copyRequest')}
                      more={<More onPress={() => onNarrow({ request_id: entry.request_id })}>{t('sameRequest')}</More>}
                    />
                  ),
                },
              ]
            : []),
        ]}
      />
      <Data data={entry.data} />
      <div className="grid gap-1 border-t pt-4 text-xs text-muted">
        <p>
          {t('hash')} <code className="font-mono break-all">{entry.hash}</code>
        </p>
        <p>{t('hashNote')}</p>
      </div>
    </>
  )
}

function kindOf(kind: string) {
  return kind as AuditSearch['actor_kind']
}

type ValueProps = { id: string; copyLabel?: string; more: ReactNode; children?: ReactNode }

function Value({ id, copyLabel, more, children }: ValueProps) {
  const t = useTranslations('audit.entry')
  return (
    <div className="grid justify-items-start gap-0.5">
      {children ? <span className="break-words">{children}</span> : null}
      {id ? (
        <span className="flex items-center gap-1">
          <code className="font-mono text-xs break-all text-muted">{id}</code>
          <CopyButton text={id} label={copyLabel ?? t('copyId')} />
        </span>
      ) : null}
      <span className="flex flex-wrap gap-x-3 empty:hidden">{more}</span>
    </div>
  )
}

function More({ onPress, children }: { onPress: () => void; children: ReactNode }) {
  return (
    <Button look="quiet" size="small" onClick={onPress} className="-ml-2.5">
      {children}
    </Button>
  )
}

/** The way to what an entry is about, where it has a page. */
function Opening({ subject }: { subject: AuditEntry['subject'] }) {
  const t = useTranslations('audit.entry')
  const org = useOrg()
  const style = 'inline-flex h-7 items-center text-ui underline decoration-line-strong underline-offset-2'
  switch (subject.kind) {
    case 'memory':
      return (
        <Link to="/$org/memories/$memoryId" params={{ org, memoryId: subject.id }} className={style}>
          {t('open')}
        </Link>
      )
    case 'module':
      return (
        <Link to="/$org/modules/$moduleId/about" params={{ org, moduleId: subject.id }} className={style}>
          {t('open')}
        </Link>
      )
    case 'webhook':
      return (
        <Link to="/$org/settings/webhooks/$webhookId" params={{ org, webhookId: subject.id }} className={style}>
          {t('open')}
        </Link>
      )
    default:
      return null
  }
}

/** What the entry says beyond who, what and when; what was before something is set against what came after. */
function Data({ data }: { data: AuditEntry['data'] }) {
  const t = useTranslations('audit.entry')
  const id = useId()
  const { before, after, ...rest } = data
  const hasChange = before !== undefined && after !== undefined
  const rows = Object.entries(hasChange ? rest : data)
  return (
    <section aria-labelledby={id} className="grid gap-2">
      <h3 id={id} className="text-ui font-medium">
        {t('data')}
      </h3>
      {rows.length === 0 && !hasChange ? <p className="text-ui text-muted">{t('noData')}</p> : null}
      <dl className="grid gap-2 text-ui">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt className="font-mono text-xs text-muted">{name}</dt>
            <dd className="break-words whitespace-pre-wrap">{written(value)}</dd>
          </div>
        ))}
      </dl>
      {hasChange ? (
        <div className="text-ui">
          <p className="font-mono text-xs text-muted">before → after</p>
          <TextDiff before={written(before)} after={written(after)} />
        </div>
      ) : null}
    </section>
  )
}

function written(value: unknown): string {
  if (typeof value === 'string') return value || '—'
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.join('\n') || '—'
  return JSON.stringify(value, null, 2)
}
