import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import { buttonStyle } from '@/components/button'
import { ProviderMark } from '@/components/provider-mark'
import { providersQuery } from '../queries'

/** The ways in by another account: plain links, which leave this page. */
export function Providers({ next }: { next: string }) {
  const t = useTranslations('providers')
  const providers = useQuery(providersQuery)
  if (!providers.data?.results.length) return null
  return (
    <div className="grid gap-2">
      {providers.data.results.map(({ id, name }) => (
        <a
          key={id}
          href={`/api/v1/auth/oauth/${encodeURIComponent(id)}/start?${new URLSearchParams({ next })}`}
          className={buttonStyle({ size: 'large' })}
        >
          <ProviderMark id={id} />
          {t('with', { name })}
        </a>
      ))}
    </div>
  )
}

/** Between the ways in. */
export function Or() {
  const t = useTranslations('providers')
  return (
    <p className="flex items-center gap-3 text-xs text-subtle before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
      {t('or')}
    </p>
  )
}
