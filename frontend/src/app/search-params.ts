/** The query of a URL as people write it: `?type=note&type=decision`, no quotes, no JSON. Schemas check what it means. */
export function parseSearch(text: string): Record<string, string | string[]> {
  const found: Record<string, string | string[]> = {}
  const given = new URLSearchParams(text)
  for (const key of new Set(given.keys())) {
    const values = given.getAll(key)
    found[key] = values.length > 1 ? values : (values[0] ?? '')
  }
  return found
}

export function stringifySearch(search: Record<string, unknown>): string {
  const written = new URLSearchParams()
  for (const [key, value] of Object.entries(search)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== '') written.append(key, String(one))
    }
  }
  const text = written.toString()
  return text ? `?${text}` : ''
}
