/** Receivers that work as they are pasted: each takes events and refuses what our secret has not signed. */
export const LANGUAGES = ['python', 'node'] as const
export type Language = (typeof LANGUAGES)[number]

/** What the library, which follows the Standard Webhooks specification, is installed with. */
export const INSTALL: Record<Language, string> = {
  python: 'pip install standardwebhooks',
  node: 'npm install standardwebhooks',
}

export function receiverOf(language: Language, secret: string): string {
  return language === 'python' ? python(secret) : node(secret)
}

function python(secret: string): string {
  return `from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook("${secret}")


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            event = webhook.verify(body, dict(self.headers))
        except WebhookVerificationError:
            return self.send_error(401)
        # The same id may come again: act on it once.
        print(self.headers["webhook-id"], event["type"], event["data"])
        self.send_response(204)
        self.end_headers()


ThreadingHTTPServer(("", 8080), Receiver).serve_forever()
`
}

function node(secret: string): string {
  return `import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'

const webhook = new Webhook('${secret}')

createServer(async (request, response) => {
  let event
  try {
    event = webhook.verify(await text(request), request.headers)
  } catch {
    return response.writeHead(401).end()
  }
  // The same id may come again: act on it once.
  console.log(request.headers['webhook-id'], event.type, event.data)
  response.writeHead(204).end()
}).listen(8080)
`
}
