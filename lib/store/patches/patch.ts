import type { DatabaseSync } from 'node:sqlite'

/** A spec as stored, of any version. */
export type StoredSpec = Readonly<Record<string, unknown>>

/**
 * Converts specs from one version to the next. Its functions are pure: each sees only the spec. Where a
 * function is absent, the specs stay as they are.
 */
export interface Patch {
  readonly network?: (spec: StoredSpec) => StoredSpec
  readonly endpoint?: (spec: StoredSpec) => StoredSpec
}

/** Applies each patch in turn to every network and endpoint. Call it within a transaction. */
export function applyPatches(database: DatabaseSync, patches: readonly Patch[]): void {
  if (patches.length === 0) return
  for (const [table, kind] of [
    ['networks', 'network'],
    ['endpoints', 'endpoint'],
  ] as const) {
    const rewrite = database.prepare(`UPDATE ${table} SET spec = ? WHERE id = ?`)
    for (const { id, spec } of database.prepare(`SELECT id, spec FROM ${table}`).all()) {
      const stored = JSON.parse(String(spec)) as StoredSpec
      const patched = patches.reduce((before, patch) => patch[kind]?.(before) ?? before, stored)
      rewrite.run(JSON.stringify(patched), String(id))
    }
  }
}
