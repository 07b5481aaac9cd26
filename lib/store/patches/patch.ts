import type { DatabaseSync } from 'node:sqlite'

/** A spec as it was written down, whatever version wrote it. */
export type StoredSpec = Readonly<Record<string, unknown>>

/**
 * Takes the specs of one version to the next. Pure: it knows nothing but the spec. What it leaves out stays
 * as it is.
 */
export interface Patch {
  readonly network?: (spec: StoredSpec) => StoredSpec
  readonly endpoint?: (spec: StoredSpec) => StoredSpec
}

/** Rewrites every network and endpoint by each patch in turn. To be called within a transaction. */
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
