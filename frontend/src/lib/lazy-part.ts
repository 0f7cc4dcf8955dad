import { type ComponentType, lazy } from 'react'

/** A part of a page that comes after it, but is asked for with it: without a connection it is there as the page is. */
export function lazyPart<Props>(load: () => Promise<{ default: ComponentType<Props> }>) {
  const early = load()
  early.catch(() => {})
  // What did not come then is asked for once more when it is to be shown.
  return lazy(() => early.catch(load))
}
