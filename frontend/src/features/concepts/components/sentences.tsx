import { ArrowDown, ArrowUp } from 'lucide-react'
import { useTranslations } from 'use-intl'
import type { Standing } from '../queries'

/** What moved a memory to a pole, in its own words. */
export function Sentences({ sentences }: { sentences: Standing['sentences'] }) {
  const t = useTranslations('concepts')
  return (
    <ul className="grid gap-1 text-xs text-muted">
      {sentences.map(({ start, text, pole }) => {
        const Arrow = pole === 'high' ? ArrowUp : ArrowDown
        return (
          <li key={start} className="flex gap-1.5">
            <Arrow className="mt-0.5 size-3 shrink-0" aria-hidden />
            <span className="min-w-0 break-words">
              <span className="sr-only">{t(pole === 'high' ? 'up' : 'down')} </span>
              {t('quote', { text })}
            </span>
          </li>
        )
      })}
    </ul>
  )
}
