import { useKeys } from './use-keys'

/** The button of a row, by which it is opened. */
export function rowButton(id: string | undefined) {
  return document.querySelector<HTMLElement>(`[data-row="${id}"]`)
}

/** J and K go through rows, and what is open beside them follows. */
export function useRowKeys(ids: string[] = [], openId: string | undefined, open: (id: string) => void) {
  function go(step: number) {
    const here = openId ?? document.activeElement?.getAttribute('data-row') ?? ''
    const next = ids[Math.min(Math.max(ids.indexOf(here) + step, 0), ids.length - 1)]
    rowButton(next)?.focus()
    rowButton(next)?.scrollIntoView({ block: 'nearest' })
    if (openId && next) open(next)
  }
  useKeys({ j: () => go(1), k: () => go(-1) })
}
