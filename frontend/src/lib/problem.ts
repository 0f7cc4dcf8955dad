export type FieldProblem = { pointer: string; code: string; detail: string }

type ProblemFields = {
  status: number
  code: string
  detail: string
  requestId?: string | undefined
  fields?: FieldProblem[]
  /** The plans that would allow what this one refuses. */
  availableIn?: string[]
  retryAfter?: number | undefined
  /** What else the problem tells; whoever knows its code knows its members. */
  more?: Record<string, unknown>
}

/** What a call to the API fails with: an RFC 9457 problem, or status 0 when no answer came. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly requestId: string | undefined
  readonly fields: FieldProblem[]
  readonly availableIn: string[]
  /** When the server takes it again, if it says so. */
  readonly possibleAt: Date | undefined
  readonly more: Record<string, unknown>

  constructor({
    status,
    code,
    detail,
    requestId,
    fields = [],
    availableIn = [],
    retryAfter,
    more = {},
  }: ProblemFields) {
    super(detail)
    this.name = 'ApiError'
    this.status = status
    this.code = code
    this.requestId = requestId
    this.fields = fields
    this.availableIn = availableIn
    this.more = more
    this.possibleAt = retryAfter === undefined ? undefined : new Date(Date.now() + retryAfter * 1000)
  }

  /** Whether asking again may help. */
  get isPassing() {
    return this.status === 0 || this.status >= 500
  }
}

/** Reads an answer that is not a success; a proxy in between may have sent something else than a problem. */
export async function problemOf(answer: Response): Promise<ApiError> {
  const body: unknown = await answer.json().catch(() => null)
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  return new ApiError({
    status: answer.status,
    code: typeof problem.code === 'string' ? problem.code : 'unknown',
    detail: typeof problem.detail === 'string' ? problem.detail : `HTTP ${answer.status}`,
    requestId: answer.headers.get('X-Request-ID') ?? undefined,
    fields: Array.isArray(problem.errors) ? (problem.errors as FieldProblem[]) : [],
    availableIn: Array.isArray(problem.available_in) ? (problem.available_in as string[]) : [],
    retryAfter: secondsOf(answer.headers.get('Retry-After')),
    more: problem,
  })
}

/** The header may hold a date as well; ours holds seconds. */
function secondsOf(header: string | null): number | undefined {
  return header && /^\d+$/.test(header) ? Number(header) : undefined
}

export function unreachable(): ApiError {
  return new ApiError({ status: 0, code: 'unreachable', detail: 'There was no answer.' })
}
