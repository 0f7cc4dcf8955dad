/** What is typed into the form of a memory, before it is one. */
import type { Schemas } from '@/api/client'
import { isType } from './headline'
import type { Memory } from './queries'

export type Draft = { content: string; memory_type: string; metadata: string }
type Changes = Schemas['PatchedMemoryPatchRequest']
export type DraftField = keyof Draft
export const FIELDS: DraftField[] = ['content', 'memory_type', 'metadata']

export function draftOf(memory: Memory): Draft {
  return {
    content: memory.content,
    memory_type: memory.memory_type,
    metadata: JSON.stringify(memory.metadata, null, 2),
  }
}

/** The metadata that a text stands for; null if it is no JSON object. */
export function metadataOf(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text.trim() || '{}')
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}

/** The fields that cannot be saved like this. */
export function flaws(draft: Draft): DraftField[] {
  return FIELDS.filter((field) => {
    if (field === 'content') return draft.content.trim() === ''
    return field === 'memory_type' ? !isType(draft.memory_type) : metadataOf(draft.metadata) === null
  })
}

/** What a draft changes; the same metadata written in another way are none. */
export function changesOf(draft: Draft, memory: Memory): Changes {
  const metadata = metadataOf(draft.metadata)
  return {
    ...(draft.content !== memory.content && { content: draft.content }),
    ...(draft.memory_type !== memory.memory_type && { memory_type: draft.memory_type }),
    ...(metadata && JSON.stringify(metadata) !== JSON.stringify(memory.metadata) && { metadata }),
  }
}

export function isDirty(draft: Draft, memory: Memory): boolean {
  const before = draftOf(memory)
  return FIELDS.some((field) => draft[field] !== before[field])
}

/** A draft on top of a newer revision: what was typed stays, what was left alone follows the newer one. */
export function rebase(draft: Draft, before: Memory, theirs: Memory): Draft {
  const [old, next] = [draftOf(before), draftOf(theirs)]
  const kept = FIELDS.filter((field) => draft[field] !== old[field])
  return { ...next, ...Object.fromEntries(kept.map((field) => [field, draft[field]])) }
}
