import type { PermissionRow } from './queries'

export type Area = { area: string; module: string | null; rows: PermissionRow[] }

/** Permissions by what they are about: the platform's own first, in the server's order, then each module's. */
export function groupsOf(rows: PermissionRow[]): Area[] {
  const groups = new Map<string, Area>()
  for (const row of [...rows].sort((a, b) => Number(a.module !== null) - Number(b.module !== null))) {
    const key = row.module ?? row.area
    const group = groups.get(key) ?? { area: row.area, module: row.module, rows: [] }
    group.rows.push(row)
    groups.set(key, group)
  }
  return [...groups.values()]
}
