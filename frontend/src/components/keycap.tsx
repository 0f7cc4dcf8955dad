/** A key as it stands on the keyboard. */
export function Keycap({ children }: { children: string }) {
  return (
    <kbd className="inline-grid h-5 min-w-5 place-items-center rounded border bg-sunken px-1 font-sans text-[0.6875rem] whitespace-nowrap text-muted">
      {children}
    </kbd>
  )
}

const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent)

/** Writes a key of a table the way this machine's keyboard does. */
export function keyName(key: string) {
  return key.replace('mod+k', isApple ? '⌘ K' : 'Ctrl K').replace('Escape', 'Esc')
}
