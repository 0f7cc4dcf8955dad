const LONGEST = 140

/** Memories have no title: their first line stands for one, up to the end of a word. */
export function headline(content: string): string {
  const line = content.trim().split('\n', 1)[0] ?? ''
  if (line.length <= LONGEST) return line
  const cut = line.slice(0, LONGEST)
  const words = cut.slice(0, Math.max(cut.lastIndexOf(' '), LONGEST / 2))
  return `${words.replace(/[\s.,:;–-]+$/, '')}…`
}

/** `customer_voice` as people write it. */
export function typeName(memoryType: string): string {
  const words = memoryType.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** A type as the API names it, whether it was typed so or as `typeName` writes it. */
export function typeOf(typed: string): string {
  return typed.trim().toLowerCase().replace(/\s+/g, '_')
}

const TYPE = /^[a-z][a-z0-9_]{0,49}$/

/** Whether a memory can be of this type, as the API names it. */
export function isType(memoryType: string): boolean {
  return TYPE.test(memoryType)
}
