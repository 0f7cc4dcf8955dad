import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { beforeEach, expect, test } from 'vitest'
import { MemoriesPage } from '@/features/memories'
import { memory } from '@/testing/memory'
import { renderPage } from '@/testing/render'
import { server } from '@/testing/server'
import { LiveUpdates } from './live-updates'

const nothing = { values: [], other: 0 }

/** Answers in place of the memory and of its stream; what is said to the stream is heard by all that follow it. */
function answer(stored: number[]) {
  const asked = { lists: 0, facets: 0, streams: [] as (string | null)[] }
  const heard: ReadableStreamDefaultController<Uint8Array>[] = []
  const say = (text: string) => heard.at(-1)?.enqueue(new TextEncoder().encode(text))
  server.use(
    http.get('*/api/v1/memory', () => {
      asked.lists += 1
      return HttpResponse.json({ results: stored.map(memory), next: null, total: stored.length })
    }),
    http.get('*/api/v1/memory/facets', () => {
      asked.facets += 1
      return HttpResponse.json({
        total: 0,
        memory_type: nothing,
        module: nothing,
        source: nothing,
        months: nothing,
        metadata: {},
      })
    }),
    http.get('*/api/v1/memory/stream', ({ request }) => {
      asked.streams.push(request.headers.get('Last-Event-ID'))
      const body = new ReadableStream<Uint8Array>({ start: (controller) => void heard.push(controller) })
      return new HttpResponse(body, { headers: { 'Content-Type': 'text/event-stream' } })
    }),
  )
  const store = (number: number) => {
    stored.unshift(number)
    const event = { subject: { kind: 'memory', id: memory(number).memory_id } }
    say(`event: memory.stored\nid: ${number}\ndata: ${JSON.stringify(event)}\n\n`)
  }
  return { asked, say, store, end: () => heard.at(-1)?.close() }
}

function Shown() {
  return (
    <>
      <LiveUpdates />
      <MemoriesPage />
    </>
  )
}

beforeEach(() => localStorage.clear())

test('what is new is said and does not jump; it is shown when somebody wants it', async () => {
  const { asked, say, store } = answer([2, 1])
  renderPage(<Shown />)
  expect(await screen.findByRole('button', { name: 'Memory 2' })).toBeVisible()
  await waitFor(() => expect(asked.streams).toEqual([null]))
  say('event: ready\nid: 2\ndata: {"cursor": "2"}\n\n')
  expect(await screen.findByRole('button', { name: 'Live updates' })).toHaveAttribute('data-live', 'live')
  // The menus come after the list.
  await waitFor(() => expect(asked.facets).toBeGreaterThan(0))
  const before = asked.facets
  store(3)
  const show = await screen.findByRole('button', { name: '1 new memory: show' }, { timeout: 5000 })
  expect(screen.queryByRole('button', { name: 'Memory 3' })).toBeNull()
  // Counts beside the list have no rows that jump.
  await waitFor(() => expect(asked.facets).toBeGreaterThan(before))
  await userEvent.click(show)
  expect(await screen.findByRole('button', { name: 'Memory 3' })).toBeVisible()
  await waitFor(() => expect(screen.queryByRole('button', { name: '1 new memory: show' })).toBeNull())
})

test('an empty list fills by itself', async () => {
  const { asked, store } = answer([])
  renderPage(<Shown />)
  expect(await screen.findByText('No memories')).toBeVisible()
  await waitFor(() => expect(asked.streams).toHaveLength(1))
  store(1)
  expect(await screen.findByRole('button', { name: 'Memory 1' }, { timeout: 5000 })).toBeVisible()
})

test('who pauses it hears nothing, and catches up from what was seen last', async () => {
  const { asked, say } = answer([1])
  renderPage(<Shown />)
  await waitFor(() => expect(asked.streams).toHaveLength(1))
  say('event: ready\nid: 41\ndata: {"cursor": "41"}\n\n')
  const button = await screen.findByRole('button', { name: 'Live updates' })
  expect(button).toHaveAttribute('aria-pressed', 'true')
  await userEvent.click(button)
  await waitFor(() => expect(button).toHaveAttribute('data-live', 'paused'))
  expect(button).toHaveAttribute('aria-pressed', 'false')
  await userEvent.click(button)
  await waitFor(() => expect(button).toHaveAttribute('data-live', 'live'))
  expect(asked.streams).toEqual([null, '41'])
})

test('where the server has no stream, nothing is promised', async () => {
  answer([1])
  server.use(http.get('*/api/v1/memory/stream', () => HttpResponse.json({ code: 'not_found' }, { status: 404 })))
  renderPage(<Shown />)
  expect(await screen.findByRole('button', { name: 'Memory 1' })).toBeVisible()
  expect(screen.queryByRole('button', { name: 'Live updates' })).toBeNull()
})
