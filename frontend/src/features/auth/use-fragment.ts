import { useEffect, useState } from 'react'
import { type Fragment, fragmentOf } from './fragment'

/** Reads what stands behind the `#` once, and takes it out of the address: a token is not for the history. */
export function useFragment(): [Fragment, (next: Fragment) => void] {
  const [fragment, setFragment] = useState(() => fragmentOf(window.location.hash))
  useEffect(() => {
    const { pathname, search, hash } = window.location
    if (hash) window.history.replaceState(window.history.state, '', pathname + search)
  }, [])
  return [fragment, setFragment]
}
