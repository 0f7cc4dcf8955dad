/** The part of the API that its document does not describe yet. */
import type { Client } from 'openapi-fetch'
import { api } from './client'

type Answer<Body> = {
  responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': Body } } }
}

export type PlatformStatus = {
  status: 'operational' | 'degraded' | 'outage'
  components: {
    name: string
    status: 'operational' | 'degraded' | 'outage'
    consequence: string
    since: string | null
  }[]
  incidents: { component: string; status: string; started_at: string; ended_at: string | null }[]
  as_of: string
}

type Paths = {
  '/api/v1/status': { get: Answer<PlatformStatus> }
}

export const upcoming = api as unknown as Client<Paths>
