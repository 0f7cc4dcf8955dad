import { useEffect } from 'react'

/** Names the window: the most specific part first. */
export function useTitle(...parts: string[]) {
  const title = [...parts, 'Lift OS'].filter(Boolean).join(' · ')
  useEffect(() => {
    document.title = title
  }, [title])
}
