import type { ReactNode } from 'react'

type Props = { id: string; isOpen: boolean; onPress: () => void; children: ReactNode }

/** What opens a row beside its table; its place to press is the whole row. */
export function RowButton({ id, isOpen, onPress, children }: Props) {
  return (
    <button
      type="button"
      data-row={id}
      aria-expanded={isOpen}
      onClick={onPress}
      className="block w-full text-left font-medium after:absolute after:inset-0 hover:underline focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-ring"
    >
      {children}
    </button>
  )
}
