import { useQuery } from '@tanstack/react-query'
import { Link2 } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { Ago } from '@/components/ago'
import { Button } from '@/components/button'
import { ConfirmDialog } from '@/components/confirm-dialog'
import { Loaded } from '@/components/loaded'
import { Page } from '@/components/page'
import { Panel } from '@/components/panel'
import { Problem } from '@/components/problem'
import { ProviderMark } from '@/components/provider-mark'
import { EmptyState } from '@/components/states'
import { ProviderProblem, providersQuery, useFragment } from '@/features/auth'
import { linksQuery, type OauthLink, useLink, useUnlink } from './queries'

/** The accounts elsewhere by which one can sign in here. */
export function SignInsPage() {
  const t = useTranslations('signIns')
  const links = useQuery(linksQuery)
  const providers = useQuery(providersQuery)
  // Who was refused at the other side comes back here.
  const [{ problem }] = useFragment()
  const [unlinking, setUnlinking] = useState<OauthLink | null>(null)
  const link = useLink()
  const unlink = useUnlink()
  return (
    <Page title={t('title')} isNarrow note={t('note')}>
      <Loaded query={providers}>
        {(offered) => (
          <Loaded query={links}>
            {({ results }) => {
              // A link's own name is the person's there.
              const nameOf = (id: string) => offered.results.find((one) => one.id === id)?.name ?? id
              const free = offered.results.filter((one) => !results.some(({ provider }) => provider === one.id))
              return (
                <div className="grid gap-4">
                  {problem ? <ProviderProblem code={problem} /> : null}
                  {results.length > 0 ? (
                    <ul className="divide-y rounded-lg border bg-surface">
                      {results.map((one) => (
                        <li key={one.id} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3 text-ui">
                          <ProviderMark id={one.provider} />
                          <div className="min-w-40 flex-1">
                            <p className="font-medium">{nameOf(one.provider)}</p>
                            <p className="text-xs break-all text-muted">
                              {[one.name, one.email].filter(Boolean).join(' · ')} · {t('since')}{' '}
                              <Ago at={one.linked_at} />
                            </p>
                          </div>
                          <Button
                            size="small"
                            look="danger"
                            aria-label={t('unlinkOne', { name: nameOf(one.provider) })}
                            onClick={() => {
                              unlink.reset()
                              setUnlinking({ ...one, name: nameOf(one.provider) })
                            }}
                          >
                            {t('unlink')}
                          </Button>
                        </li>
                      ))}
                    </ul>
                  ) : null}
                  {free.length > 0 ? (
                    <Panel title={t('more')}>
                      <div className="grid gap-3">
                        <div className="flex flex-wrap gap-2">
                          {free.map((one) => (
                            <Button
                              key={one.id}
                              size="large"
                              isBusy={link.isPending && link.variables.provider === one.id}
                              onClick={() => link.mutate({ provider: one.id, next: window.location.pathname })}
                            >
                              <ProviderMark id={one.id} />
                              {t('link', { name: one.name })}
                            </Button>
                          ))}
                        </div>
                        <Problem error={link.error} />
                      </div>
                    </Panel>
                  ) : results.length === 0 ? (
                    <EmptyState icon={Link2} title={t('none')}>
                      {t('noneText')}
                    </EmptyState>
                  ) : null}
                </div>
              )
            }}
          </Loaded>
        )}
      </Loaded>
      {unlinking ? (
        <ConfirmDialog
          title={t('ask', { name: unlinking.name })}
          confirm={t('unlink')}
          isBusy={unlink.isPending}
          error={unlink.error}
          onConfirm={() => unlink.mutate(unlinking.id, { onSuccess: () => setUnlinking(null) })}
          onClose={() => setUnlinking(null)}
        >
          <p>{t('askText')}</p>
        </ConfirmDialog>
      ) : null}
    </Page>
  )
}
