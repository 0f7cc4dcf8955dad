// Encoded dots and slashes: browsers take `%2e%2e` for `..`, and servers `%2f` for a slash.
const DISGUISED = /%(?:2e|2f|5c|00)/i

/** Joins a path to a place that it must stay below; throws if it leads out of it. */
export function below(place: string, path: string): URL {
  const url = new URL(place + path, window.location.origin)
  const isBelow = url.pathname === place || url.pathname.startsWith(`${place}/`)
  if (url.origin !== window.location.origin || !isBelow || DISGUISED.test(url.pathname) || path.includes('..')) {
    throw new Error(`${path} is not a place that a module may use.`)
  }
  return url
}
