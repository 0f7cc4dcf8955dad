import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { BrandMark } from '@/components/brand'
import { useTheme } from '@/hooks/use-theme'
import { useTitle } from '@/hooks/use-title'
import { brandTokens } from '@/lib/contrast'
import { publicBrandingQuery } from './branding'
import { PointField } from './point-field'

export type Brand = {
  name: string | null
  primary_color: string | null
  accent_color: string | null
  logo_url: string | null
}
type Props = {
  title: string
  note?: ReactNode
  children: ReactNode
  below?: ReactNode
  /** Whose page it is, where that does not depend on the address. */
  brand?: Brand | undefined
}

/** The frame of the pages before one is signed in, in the look of whose place it is. */
export function AuthFrame({ title, note, children, below, brand }: Props) {
  const ofHost = useQuery(publicBrandingQuery)
  const { isDark } = useTheme()
  const look = brand ?? ofHost.data
  useTitle(title, look?.name ?? '')
  return (
    <div
      className="grid min-h-dvh lg:grid-cols-2"
      style={brandTokens(look?.primary_color ?? null, look?.accent_color ?? null, isDark)}
    >
      <main className="flex min-w-0 flex-col gap-10 px-6 py-7 sm:px-10">
        <BrandMark name={look?.name ?? 'Lift OS'} logoUrl={look?.logo_url ?? null} />
        <div className="m-auto grid w-full max-w-sm gap-7">
          <div>
            <h1 className="text-2xl font-semibold tracking-tight break-words">{title}</h1>
            {note ? <div className="mt-1 text-muted">{note}</div> : null}
          </div>
          {children}
          {below ? <p className="text-ui text-muted">{below}</p> : null}
        </div>
      </main>
      <PointField />
    </div>
  )
}

/** What belongs to the form as a whole. */
export function FormProblem({ children }: { children: string | undefined }) {
  if (!children) return null
  return (
    <p role="alert" className="rounded-md bg-danger-soft px-3 py-2 text-ui text-danger">
      {children}
    </p>
  )
}
