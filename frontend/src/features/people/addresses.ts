const ADDRESS = /^[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;]+$/

/** Reads addresses as people paste them: by line, comma or semicolon, with or without names. */
export function addressesOf(text: string): { emails: string[]; wrong: string[] } {
  const emails = new Set<string>()
  const wrong: string[] = []
  for (const part of text.split(/[\n,;]+/)) {
    const given = /<([^>]*)>/.exec(part)?.[1] ?? part
    // Addresses in a row, with nothing but spaces between them.
    for (const word of given.trim().split(/\s+/)) {
      if (!word) continue
      if (ADDRESS.test(word)) emails.add(word.toLowerCase())
      else wrong.push(word)
    }
  }
  return { emails: [...emails], wrong }
}
