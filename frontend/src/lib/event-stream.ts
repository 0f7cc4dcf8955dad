import { EventSourceParserStream } from 'eventsource-parser/stream'

export type StreamEvent = { id: string | undefined; name: string; data: string }

/**
 * Reads server-sent events from the body of an answer, until it ends or the request is given up. Comments carry nothing:
 * they say that the connection lives.
 */
export async function* eventsOf(body: ReadableStream<Uint8Array>, onComment?: () => void): AsyncGenerator<StreamEvent> {
  const events = body.pipeThrough(decoder()).pipeThrough(new EventSourceParserStream({ onComment }))
  const reader = events.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield { id: value.id, name: value.event ?? 'message', data: value.data }
    }
  } finally {
    reader.releaseLock()
  }
}

// The types of the DOM make a decoder's input wider than what a body gives.
function decoder() {
  return new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>
}
