import { useFormatter, useNow } from 'use-intl'

const WEEK_MS = 7 * 24 * 3600 * 1000

/** A moment: lately as a distance, else as a day; exact when pointed at. */
export function Ago({ at }: { at: string }) {
  const format = useFormatter()
  const now = useNow()
  const date = new Date(at)
  const isLately = Math.abs(now.getTime() - date.getTime()) < WEEK_MS
  return (
    <time
      dateTime={at}
      title={format.dateTime(date, { dateStyle: 'full', timeStyle: 'long' })}
      className="whitespace-nowrap tabular-nums"
    >
      {isLately ? format.relativeTime(date, now) : format.dateTime(date, { dateStyle: 'medium' })}
    </time>
  )
}
