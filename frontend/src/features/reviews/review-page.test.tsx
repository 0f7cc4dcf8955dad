import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { expect, test, vi } from 'vitest'
import { memory } from '@/testing/memory'
import { ACCOUNT, renderPage } from '@/testing/render'
import { server } from '@/testing/server'
import type { Digest, Review, ReviewSummary } from './queries'
import { ReviewPage } from './review-page'

const IDS = [1, 2].map((number) => `01926c3e-6a2b-7c00-8000-00000000100${number}`)
const OLDER = 'The discount is 20%.'
const NEWER = 'The discount is 25%.'

function summary(id: string, kind: Review['kind']): ReviewSummary {
  const side = (number: number, excerpt: string) => ({
    memory_id: memory(number).memory_id,
    memory_type: 'note',
    occurred_at: memory(number).occurred_at,
    excerpt,
  })
  return {
    review_id: id,
    kind,
    status: 'open',
    score: 0.85,
    opened_at: '2026-11-20T10:00:00Z',
    decided_by: null,
    decided_at: null,
    reason: null,
    kept: null,
    older: side(1, OLDER),
    newer: side(2, `${kind} ${NEWER}`),
  }
}

function review(id: string, kind: Review['kind']): Review {
  const place = { sentence: [0, 20], value: [16, 19] }
  return {
    ...summary(id, kind),
    older: { ...memory(1), content: OLDER },
    newer: { ...memory(2), content: NEWER },
    evidence:
      kind === 'contradiction' ? [{ kind: 'amount', strength: 0.85, update: false, older: place, newer: place }] : [],
  }
}

/** A server with a contradiction and a duplicate; returns what it was told. */
function serve() {
  const open = [summary(IDS[0] as string, 'contradiction'), summary(IDS[1] as string, 'duplicate')]
  const told: unknown[] = []
  server.use(
    http.get('*/api/v1/memory/reviews', () => HttpResponse.json({ results: open, next: null, total: open.length })),
    http.get('*/api/v1/memory/reviews/:id', ({ params }) =>
      HttpResponse.json(review(String(params.id), params.id === IDS[0] ? 'contradiction' : 'duplicate')),
    ),
    http.post('*/api/v1/memory/reviews/:id/decide', async ({ params, request }) => {
      const body = await request.json()
      told.push([params.id, body])
      open.splice(0, open.length, ...open.filter((one) => one.review_id !== params.id))
      return HttpResponse.json({ ...review(String(params.id), 'contradiction'), status: 'accepted' })
    }),
    http.post('*/api/v1/memory/reviews/:id/undo', ({ params }) => {
      told.push([params.id, 'undo'])
      return HttpResponse.json(review(String(params.id), 'contradiction'))
    }),
  )
  return told
}

test('a pair stands side by side, with what differs marked', async () => {
  serve()
  renderPage(<ReviewPage />, '/acme/review')
  const older = await screen.findByRole('article', { name: 'Earlier' })
  expect(within(older).getByText('20%').tagName).toBe('MARK')
  expect(within(screen.getByRole('article', { name: 'Later' })).getByText('25%').tagName).toBe('MARK')
  expect(screen.getByText('2 pairs to decide about')).toBeVisible()
})

test('a decision leads to the next pair and can be taken back', async () => {
  const told = serve()
  renderPage(<ReviewPage />, '/acme/review')
  await userEvent.click(await screen.findByRole('button', { name: /^The later one holds/ }))
  expect(await screen.findByRole('button', { name: /^Merge into the earlier one/ })).toBeVisible()
  expect(told).toEqual([[IDS[0], { decision: 'accept', keep: memory(2).memory_id }]])
  await userEvent.click(await screen.findByRole('button', { name: 'Undo' }))
  await vi.waitFor(() => expect(told.at(-1)).toEqual([IDS[0], 'undo']))
  expect((await screen.findAllByText('The decision was taken back')).length).toBeGreaterThan(0)
})

test('keys go through the pairs and decide', async () => {
  const told = serve()
  const router = renderPage(<ReviewPage />, '/acme/review')
  await screen.findByRole('article', { name: 'Earlier' })
  await userEvent.keyboard('j')
  await vi.waitFor(() => expect(router.state.location.search).toEqual({ pair: IDS[1] }))
  expect(await screen.findByRole('button', { name: /^Merge into the earlier one/ })).toBeVisible()
  await userEvent.keyboard('d')
  await vi.waitFor(() => expect(told).toEqual([[IDS[1], { decision: 'dismiss' }]]))
})

test('who may only read sees why nothing can be decided', async () => {
  serve()
  renderPage(<ReviewPage />, '/acme/review', { ...ACCOUNT, permissions: ['memory:read'] })
  expect(await screen.findByText('Your role reads; deciding needs the right to write.')).toBeVisible()
  expect(screen.queryByRole('button', { name: /holds/ })).toBeNull()
})

test('somebody who was faster is told of, and the pair stays', async () => {
  serve()
  server.use(
    http.post('*/api/v1/memory/reviews/:id/decide', () =>
      HttpResponse.json({ code: 'review_conflict', detail: 'Somebody has decided.' }, { status: 409 }),
    ),
  )
  renderPage(<ReviewPage />, '/acme/review')
  await userEvent.click(await screen.findByRole('button', { name: /^Both may stand/ }))
  expect((await screen.findAllByText('That was not decided: Somebody has decided.')).length).toBeGreaterThan(0)
})

test('nothing to decide, and an error with a way out', async () => {
  server.use(
    http.get('*/api/v1/memory/reviews', () => HttpResponse.json({ code: 'internal_error' }, { status: 500 }), {
      once: true,
    }),
    http.get('*/api/v1/memory/reviews', () => HttpResponse.json({ results: [], next: null, total: 0 })),
  )
  renderPage(<ReviewPage />, '/acme/review')
  await userEvent.click(await screen.findByRole('button', { name: 'Try again' }))
  expect(await screen.findByRole('heading', { name: 'Nothing to decide' })).toBeVisible()
})

test('what changed is counted, named, and of as many days as one asks for', async () => {
  const asked: number[] = []
  const item: Digest['added'][number] = {
    memory_id: memory(1).memory_id,
    memory_type: 'note',
    excerpt: 'Memory 1',
    cause: 'stored',
    changed: [],
    at: '2026-11-20T10:00:00Z',
    superseded_by: null,
  }
  server.use(
    http.get('*/api/v1/memory/digest', ({ request }) => {
      const since = new URL(request.url).searchParams.get('since') ?? ''
      asked.push(Math.round((Date.now() - Date.parse(since)) / 86_400_000))
      const digest: Digest = {
        since,
        until: '2026-11-21T10:00:00Z',
        entity: null,
        counts: {
          added: 12,
          changed: 0,
          superseded: 0,
          trashed: 0,
          expired: 0,
          erased: 1,
          new_entities: 0,
          decided_reviews: 1,
        },
        added: [item],
        changed: [],
        superseded: [],
        trashed: [],
        expired: [],
        new_entities: [],
        decided_reviews: [
          {
            review_id: IDS[0] as string,
            kind: 'duplicate',
            status: 'merged',
            decided_at: '2026-11-20T10:00:00Z',
            decided_by: null,
          },
        ],
      }
      return HttpResponse.json(digest)
    }),
  )
  renderPage(<ReviewPage />, '/acme/review?view=changes')
  expect(await screen.findByText('and 11 earlier ones')).toBeVisible()
  expect(screen.getByRole('link', { name: 'Duplicate: Merged' })).toBeVisible()
  expect(screen.getByRole('heading', { name: 'Deleted for good' })).toBeVisible()
  await userEvent.click(screen.getByRole('radio', { name: '30 days' }))
  await vi.waitFor(() => expect(asked).toEqual([7, 30]))
})
