/** Percents as people type them: "80, 100". Null when something else was typed. */
const MOST = 200

export function percentsOf(text: string): number[] | null {
  const parts = text
    .split(/[\s,;]+/)
    .map((part) => part.replace(/%$/, ''))
    .filter(Boolean)
  const numbers = parts.map(Number)
  const areFine = numbers.every((one) => Number.isInteger(one) && one >= 1 && one <= MOST)
  return areFine ? [...new Set(numbers)].sort((a, b) => a - b) : null
}

/** Money as people type it, in cents: "50", "49.90", "49,90". Null when it is empty, undefined when it is no amount. */
export function centsOf(text: string): number | null | undefined {
  const typed = text.trim().replace(',', '.')
  if (typed === '') return null
  return /^\d{1,7}(\.\d{1,2})?$/.test(typed) ? Math.round(Number(typed) * 100) : undefined
}
