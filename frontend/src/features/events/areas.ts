import type { EventType } from './queries'

export type Area = { area: string; types: EventType[] }

/** Event types by what they are about, in the order of the catalogue. */
export function areasOf(types: EventType[]): Area[] {
  const areas = new Map<string, EventType[]>()
  for (const type of types) areas.set(type.area, [...(areas.get(type.area) ?? []), type])
  return [...areas].map(([area, own]) => ({ area, types: own }))
}

/** Those whose name, or the sentence about them, has every word of a text. */
export function typesWith(text: string, types: EventType[]): EventType[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return types.filter(({ name, description }) => {
    const where = `${name} ${description}`.toLowerCase()
    return words.every((word) => where.includes(word))
  })
}
