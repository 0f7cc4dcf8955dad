/** A value of the metadata as people read it. */
export function plain(value: unknown): string {
  if (Array.isArray(value)) return value.map(plain).join(', ')
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
}

type Metadata = Record<string, unknown>

/** What differs between two: the name, what was there and what is there now, empty where there is nothing. */
export function changedMetadata(before: Metadata, after: Metadata): [name: string, before: string, after: string][] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names]
    .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map((name) => [name, name in before ? plain(before[name]) : '', name in after ? plain(after[name]) : ''])
}
