import type { FieldValues, Path, UseFormSetError } from 'react-hook-form'
import { ApiError } from './problem'

/** Puts what the server says about a field to that field, and what belongs to none above the form. */
export function showProblem<Values extends FieldValues>(
  error: unknown,
  names: Path<Values>[],
  setError: UseFormSetError<Values>,
  other: (error: ApiError | null) => string,
) {
  const problem = error instanceof ApiError ? error : null
  const known = problem?.fields.flatMap(({ pointer, detail }) => {
    const name = names.find((one) => pointer === `/${one}` || pointer.startsWith(`/${one}/`))
    return name ? [{ name, detail }] : []
  })
  if (!known?.length) {
    setError('root', { message: other(problem) })
    return
  }
  for (const [place, { name, detail }] of known.entries())
    setError(name, { message: detail }, { shouldFocus: place === 0 })
}

/** What the server says about a field, by its name in the request. */
export function fieldProblem(error: unknown, name: string): string | undefined {
  if (!(error instanceof ApiError)) return undefined
  return error.fields.find(({ pointer }) => pointer === `/${name}` || pointer.startsWith(`/${name}/`))?.detail
}
