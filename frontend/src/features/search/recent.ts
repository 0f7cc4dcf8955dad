// Questions of this browser, by organisation; nobody else sees them.
const KEPT = 6

function keyOf(org: string) {
  return `lift.recent.${org}`
}

export function recentQuestions(org: string): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(org)) ?? '[]')
    return Array.isArray(kept) ? kept.filter((one) => typeof one === 'string').slice(0, KEPT) : []
  } catch {
    return []
  }
}

export function rememberQuestion(org: string, question: string) {
  const kept = [question, ...recentQuestions(org).filter((one) => one !== question)].slice(0, KEPT)
  try {
    localStorage.setItem(keyOf(org), JSON.stringify(kept))
  } catch {
    // A browser that keeps nothing can search all the same.
  }
}

export function forgetQuestions(org: string) {
  localStorage.removeItem(keyOf(org))
}
