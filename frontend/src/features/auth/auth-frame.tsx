import type { ReactNode } from 'react'
import { Brand } from '@/components/brand'
import { useTitle } from '@/hooks/use-title'
import { PointField } from './point-field'

type Props = { title: string; note: string; children: ReactNode; below: ReactNode }

/** The frame of the pages before one is signed in. */
export function AuthFrame({ title, note, children, below }: Props) {
  useTitle(title)
  return (
    <div className="grid min-h-dvh lg:grid-cols-2">
      <main className="flex flex-col gap-10 px-6 py-7 sm:px-10">
        <Brand />
        <div className="m-auto grid w-full max-w-sm gap-7">
          <div>
            <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
            <p className="mt-1 text-muted">{note}</p>
          </div>
          {children}
          <p className="text-ui text-muted">{below}</p>
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
