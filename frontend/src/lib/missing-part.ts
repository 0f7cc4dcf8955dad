const NAME = 'MissingPartError'

/** Marks what the browser throws when a file of the programme itself does not come. */
export function markMissingPart(error: Error) {
  error.name = NAME
  error.message = 'A part of the programme did not come.'
}

export function isMissingPart(error: unknown) {
  return error instanceof Error && error.name === NAME
}
