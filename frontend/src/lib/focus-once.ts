/** As a `ref`: takes the focus when it appears. */
export function focusOnce(element: HTMLElement | null) {
  element?.focus()
}
