import type { Module } from './queries'

/** A permission as people would say it: the platform's own by name, a module's by what it does. */
export type Right =
  | { kind: 'memoryRead' | 'memoryWrite' | 'ownRead' | 'ownWrite'; permission: string }
  | { kind: 'ownOther'; permission: string; action: string }

export function rightOf(permission: string): Right {
  if (permission === 'memory:read') return { kind: 'memoryRead', permission }
  if (permission === 'memory:write') return { kind: 'memoryWrite', permission }
  const action = permission.slice(permission.indexOf(':') + 1)
  if (action === 'read') return { kind: 'ownRead', permission }
  if (action === 'write') return { kind: 'ownWrite', permission }
  return { kind: 'ownOther', permission, action: action.replaceAll('_', ' ') }
}

/** What a manifest says about the memory. It is free of form in the API's document, so nothing of it is taken on trust. */
export function memoryUse({ memory_requirements: given }: Pick<Module, 'memory_requirements'>) {
  return {
    reads: given.read_access === true,
    writes: given.write_access === true,
    types: textsOf(given.memory_types),
    ways: textsOf(given.search_types),
  }
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}
