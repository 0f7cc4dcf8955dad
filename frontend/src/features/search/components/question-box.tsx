import { Search } from 'lucide-react'
import { type FormEvent, type RefObject, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { inputStyle } from '@/components/field'
import { cn } from '@/lib/cn'
import { LONGEST_QUESTION } from '../filters'

type Props = {
  question: string
  onAsk: (question: string) => void
  isBusy: boolean
  box?: RefObject<HTMLInputElement | null>
}

/** Where one asks. A search is metered, so it begins with Enter and not with every letter. */
export function QuestionBox({ question, onAsk, isBusy, box }: Props) {
  const t = useTranslations('search')
  const [text, setText] = useState(question)
  const [shown, setShown] = useState(question)
  // The address has changed by other means than this box: Back, a link, a question of before.
  if (question !== shown) {
    setShown(question)
    setText(question)
  }
  function ask(event: FormEvent) {
    event.preventDefault()
    const asked = text.trim()
    if (asked) onAsk(asked)
  }
  return (
    <search>
      <form onSubmit={ask} className="flex gap-2">
        <div className="relative min-w-0 flex-1">
          <Search className="pointer-events-none absolute top-3 left-3 size-4 text-subtle" aria-hidden />
          <input
            ref={box}
            type="search"
            aria-label={t('question')}
            placeholder={t('placeholder')}
            maxLength={LONGEST_QUESTION}
            value={text}
            onChange={(event) => setText(event.target.value)}
            className={cn(inputStyle, 'h-10 pl-9! text-sm')}
          />
        </div>
        <Button type="submit" look="primary" size="large" isBusy={isBusy}>
          {t('ask')}
        </Button>
      </form>
    </search>
  )
}
