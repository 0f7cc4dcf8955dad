import type { ReactNode } from 'react'

/** A part of the page that scrolls by itself, with the keyboard too. */
export function ScrollRegion({
  label,
  className,
  children,
}: {
  label: string
  className: string
  children: ReactNode
}) {
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls what has the focus
      tabIndex={0}
      className={className}
    >
      {children}
    </section>
  )
}
