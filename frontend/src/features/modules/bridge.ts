/**
 * The dashboard's side of `lift-module/1`. The frame has an opaque origin, so who speaks is known by the window and not by
 * the origin: only the frame's own window, with origin "null", gets a port. After that every word goes through the port,
 * which no other window can read or write.
 */
import * as z from 'zod/mini'

// Nothing but what is listed: an unknown method, a missing or a further field is refused.
function call<Method extends string, Params extends z.ZodMiniObject>(method: Method, params: Params) {
  return z.strictObject({ id: z.int(), method: z.literal(method), params })
}

const LONGEST_PATH = 2000
const path = z.string().check(z.maxLength(LONGEST_PATH), z.regex(/^\/(?!\/)[\w\-./?=&%+~,:@]*$/))

const request = z.discriminatedUnion('method', [
  call('ready', z.strictObject({})),
  call('resize', z.strictObject({ height: z.number().check(z.minimum(0), z.maximum(20_000)) })),
  call('navigate', z.strictObject({ to: path })),
  call('toast', z.strictObject({ kind: z.enum(['success', 'error']), text: z.string().check(z.maxLength(200)) })),
  call(
    'fetch',
    z.strictObject({
      path,
      verb: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
      body: z.optional(z.unknown()),
    }),
  ),
  call('telemetry.error', z.strictObject({ message: z.string().check(z.maxLength(500)) })),
])
export type ModuleRequest = z.infer<typeof request>

/** What a module is told about where it is shown; nothing of it is secret. */
export type ModuleContext = {
  theme: 'light' | 'dark'
  tokens: Record<string, string>
  locale: string
  timeZone: string
  org: { id: string; name: string }
  route: string
}

/** Does what was asked for; what it returns goes back, what it throws is a refusal. */
export type Answer = (asked: ModuleRequest) => unknown

export function connectModule(frame: HTMLIFrameElement, context: () => ModuleContext, answer: Answer) {
  let port: MessagePort | null = null

  function greet(event: MessageEvent) {
    if (event.source !== frame.contentWindow || event.origin !== 'null') return
    if ((event.data as { lift?: unknown } | null)?.lift !== 'module/1:hello') return
    // A frame that loads anew greets anew; its old port is not its own any more.
    port?.close()
    const channel = new MessageChannel()
    const opened = channel.port1
    port = opened
    opened.onmessage = (message) => void reply(opened, message.data)
    // The target cannot be named, its origin is opaque. The message holds no secret, and `frame-src 'self'` keeps the
    // frame from ever holding another site's document.
    frame.contentWindow?.postMessage({ lift: 'module/1:connect', context: context() }, '*', [channel.port2])
  }

  async function reply(to: MessagePort, data: unknown) {
    const asked = request.safeParse(data)
    const id = (data as { id?: unknown } | null)?.id ?? null
    if (!asked.success) return to.postMessage({ id, error: { code: 'invalid_request' } })
    try {
      to.postMessage({ id, result: (await answer(asked.data)) ?? null })
    } catch (error) {
      to.postMessage({ id, error: { code: 'failed', message: error instanceof Error ? error.message : '' } })
    }
  }

  window.addEventListener('message', greet)
  return {
    tell: (data: ModuleContext) => port?.postMessage({ event: 'context', data }),
    close() {
      window.removeEventListener('message', greet)
      port?.close()
    },
  }
}
