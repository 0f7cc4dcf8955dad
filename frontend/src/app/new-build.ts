import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import { toast } from '@/components/toast'

const EVERY_MS = 5 * 60_000
const entry = document.querySelector<HTMLScriptElement>('script[type="module"]')?.getAttribute('src')
let isTold = false

/** Says so when the server has a newer build than the one that runs here: its page names another file. */
export function useNewBuild() {
  const t = useTranslations('newBuild')
  useQuery({
    queryKey: ['build'],
    enabled: import.meta.env.PROD && entry != null,
    refetchInterval: EVERY_MS,
    refetchOnWindowFocus: true,
    retry: false,
    queryFn: async ({ signal }) => {
      const answer = await fetch('/', { signal, cache: 'no-cache' })
      const isNew = answer.ok && !(await answer.text()).includes(entry ?? '')
      if (isNew && !isTold) {
        isTold = true
        toast.news(t('text'), { label: t('reload'), run: () => window.location.reload() })
      }
      return isNew
    },
  })
}
