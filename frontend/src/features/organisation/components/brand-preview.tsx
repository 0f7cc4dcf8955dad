import { useTranslations } from 'use-intl'
import { BrandMark } from '@/components/brand'
import { useTheme } from '@/hooks/use-theme'
import { brandTokens } from '@/lib/contrast'

type Props = { name: string; primary: string | null; accent: string | null; logoUrl: string | null }

/** The sign-in page as it will look, in the theme one looks at it. Nothing in it can be used. */
export function BrandPreview({ name, primary, accent, logoUrl }: Props) {
  const t = useTranslations('signIn')
  const { isDark } = useTheme()
  return (
    <div
      aria-hidden
      style={brandTokens(primary, accent, isDark)}
      className="grid gap-5 rounded-lg border bg-bg p-5 text-fg select-none"
    >
      <BrandMark name={name} logoUrl={logoUrl} />
      <div className="grid gap-1">
        <p className="text-lg font-semibold tracking-tight">{t('title')}</p>
        <p className="text-ui text-muted">{t('noteFor', { name })}</p>
      </div>
      <div className="grid gap-3">
        <span className="h-9 rounded-md border border-line-strong bg-surface px-3 py-2 text-ui text-subtle">
          ada@example.com
        </span>
        <span className="text-ui text-accent-text">{t('forgot')}</span>
        <span className="grid h-9 place-items-center rounded-md bg-accent text-ui font-medium text-on-accent">
          {t('submit')}
        </span>
      </div>
    </div>
  )
}
