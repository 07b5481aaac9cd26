import { chmodSync, closeSync, fsyncSync, globSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { applyPatches, type Patch } from './patches/patch.ts'
import { SCHEMA } from './schema.ts'
import { transact } from './transact.ts'

/**
 * Versions of the tables, and of the specs in them. Before schema 4 specs had no version of their own: theirs
 * is 1.
 */
interface Versions {
  readonly schema: number
  readonly specs: number
}

/**
 * Upgrades a database to the versions that this plugin knows. It keeps a copy of the old file next to it as
 * `<path>.v<version>`, and deletes older copies.
 *
 * @throws {Error} if a newer version wrote the database, which then stays unchanged
 */
export function upgrade(database: DatabaseSync, path: string, patches: readonly Patch[]): void {
  const now = versionsOf(database)
  const known: Versions = { schema: SCHEMA.length, specs: patches.length + 1 }
  for (const [what, found, most] of [
    ['it has version', now.schema, known.schema],
    ['its specs have version', now.specs, known.specs],
  ] as const)
    if (found > most)
      throw new Error(`${what} ${found}, this plugin knows ${most}: install the newer plugin again`)
  if (now.schema === known.schema && now.specs === known.specs) return
  if (now.schema > 0) keepCopy(database, path, now)
  transact(database, () => {
    for (const statements of SCHEMA.slice(now.schema)) database.exec(statements)
    applyPatches(database, patches.slice(now.specs - 1))
    database.prepare('UPDATE specs SET version = ?').run(known.specs)
    database.exec(`PRAGMA user_version = ${known.schema}`)
  })
}

function versionsOf(database: DatabaseSync): Versions {
  const schema = Number(database.prepare('PRAGMA user_version').get()?.user_version)
  const hasSpecs = database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'specs'`).get()
  const specs = hasSpecs ? Number(database.prepare('SELECT version FROM specs').get()?.version) : 1
  return { schema, specs }
}

/**
 * SQLite makes the copy: if we read the file ourselves, closing our descriptor would drop this process's lock
 * on it. We rename the copy once it is complete, so a crash leaves no partial one. The next start then makes
 * it again, since nothing has changed until then.
 */
function keepCopy(database: DatabaseSync, path: string, { schema, specs }: Versions): void {
  const copy = `${path}.v${specs === 1 ? schema : `${schema}.${specs}`}`
  const fresh = `${path}.new`
  rmSync(fresh, { force: true })
  database.prepare('VACUUM INTO ?').run(fresh)
  chmodSync(fresh, 0o600)
  sync(fresh)
  renameSync(fresh, copy)
  sync(dirname(path))
  for (const other of globSync(`${path}.v*`)) if (other !== copy) rmSync(other, { force: true })
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}
