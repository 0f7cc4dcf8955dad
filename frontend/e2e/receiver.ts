import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export type Message = {
  headers: IncomingHttpHeaders
  body: string
  content: { type: string; timestamp: string; data: Record<string, unknown> }
}

/** Receives webhooks in the process of the tests, and answers as a test wants. */
export async function startReceiver() {
  const got: Message[] = []
  const state = { status: 204, body: '', headers: {} as Record<string, string> }
  const server = createServer(async (request, response) => {
    const body = await text(request)
    got.push({ headers: request.headers, body, content: JSON.parse(body) })
    response.writeHead(state.status, state.headers).end(state.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/lift`,
    got,
    types: () => got.map(({ content }) => content.type),
    answer: (status: number, body = '', headers: Record<string, string> = {}) =>
      Object.assign(state, { status, body, headers }),
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** How many of a message's signatures a secret has made, by the Standard Webhooks specification. */
export function signaturesOf({ headers, body }: Message, secret: string): number {
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const wanted = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
  return String(headers['webhook-signature'])
    .split(' ')
    .filter((one) => one === wanted).length
}
